{{- /*
What the values say of pods: for all of them, and on top of that for one component ("" for what is none). Each is called with
(list $root COMPONENT …).
*/}}

{{- /* Maps are merged, the component's entry wins: (list $root COMPONENT KEY). */}}
{{- define "companyos.mapOf" -}}
{{- $values := (index . 0).Values }}
{{- $own := get (get $values (index . 1) | default dict) (index . 2) | default dict }}
{{- with merge (dict) $own (get $values (index . 2)) }}
{{- toYaml . }}
{{- end }}
{{- end }}

{{- /* Lists are appended; of entries of one name the component's counts: (list $root COMPONENT KEY). */}}
{{- define "companyos.listOf" -}}
{{- $values := (index . 0).Values }}
{{- $own := get (get $values (index . 1) | default dict) (index . 2) | default list }}
{{- $named := list }}
{{- range $own }}{{- with .name }}{{- $named = append $named . }}{{- end }}{{- end }}
{{- $all := list }}
{{- range get $values (index . 2) }}{{- if not (has (.name | default "") $named) }}{{- $all = append $all . }}{{- end }}{{- end }}
{{- with concat $all $own }}
{{- toYaml . }}
{{- end }}
{{- end }}

{{- /* Labels and annotations of a pod: (list $root COMPONENT). */}}
{{- define "companyos.podMetadata" -}}
{{- $root := index . 0 }}
{{- with include "companyos.mapOf" (list $root (index . 1) "podAnnotations") }}
annotations: {{- . | nindent 2 }}
{{- end }}
labels:
  {{- with include "companyos.mapOf" (list $root (index . 1) "podLabels") }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- include "companyos.labels" $root | nindent 2 }}
{{- end }}

{{- /* (list $root COMPONENT), and for a notary its region. */}}
{{- define "companyos.pod" -}}
{{- $root := index . 0 }}
{{- $component := index . 1 }}
{{- $own := get $root.Values $component | default dict }}
{{- $secure := dict "runAsNonRoot" true "seccompProfile" (dict "type" "RuntimeDefault") }}
{{- /* Key files are refused when others may read them: a volume's permissions are set once, not at every mount. */}}
{{- $_ := set $secure "fsGroupChangePolicy" "OnRootMismatch" }}
{{- if ne $root.Values.podUser "Platform" }}
{{- range $id := list "runAsUser" "runAsGroup" "fsGroup" }}{{- $_ := set $secure $id 65532 }}{{- end }}
{{- end }}
securityContext: {{- mergeOverwrite $secure $root.Values.podSecurityContext | toYaml | nindent 2 }}
{{- /* A parent chart may give names alone, as many charts take them. */}}
{{- $secrets := $root.Values.imagePullSecrets }}
{{- range $root.Values.global.imagePullSecrets }}
{{- $secrets = append $secrets (kindIs "string" . | ternary (dict "name" .) .) }}
{{- end }}
{{- with uniq $secrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.priorityClassName | default $root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- $nodes := include "companyos.mapOf" (list $root $component "nodeSelector") }}
{{- if or $nodes (gt (len .) 2) }}
nodeSelector:
  {{- if gt (len .) 2 }}
  # A region's log stays in its region.
  topology.kubernetes.io/region: {{ index . 2 }}
  {{- end }}
  {{- with $nodes }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end }}
{{- with include "companyos.listOf" (list $root $component "tolerations") }}
tolerations: {{- . | nindent 2 }}
{{- end }}
{{- with $own.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.terminationGracePeriodSeconds }}
terminationGracePeriodSeconds: {{ int . }}
{{- end }}
{{- with include "companyos.listOf" (list $root $component "extraVolumes") }}
volumes: {{- . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Where a component's pods spread, each entry over these pods unless it says over which: (list $root COMPONENT DEFAULT). */}}
{{- define "companyos.spread" -}}
{{- $root := index . 0 }}
{{- $component := index . 1 }}
{{- $ours := dict "matchLabels" (dict "app.kubernetes.io/instance" $root.Release.Name "app.kubernetes.io/component" $component) }}
{{- $spread := list }}
{{- range (get $root.Values $component | default dict).topologySpreadConstraints | default (index . 2) }}
{{- $spread = append $spread (merge (dict) . (dict "labelSelector" $ours)) }}
{{- end }}
{{- with $spread }}
topologySpreadConstraints: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* (list $root COMPONENT) */}}
{{- define "companyos.env" -}}
{{- $root := index . 0 -}}
- { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
- { name: POD_NAMESPACE, valueFrom: { fieldRef: { fieldPath: metadata.namespace } } }
- { name: COMPANYOS_CLUSTER, value: {{ $root.Values.cluster.name | quote }} }
- { name: COMPANYOS_METRICS_LISTEN, value: "0.0.0.0:9090" }
{{- with $root.Values.kubeAPI }}
- { name: COMPANYOS_KUBE_API, value: {{ . | quote }} }
{{- end }}
{{- with include "companyos.listOf" (list $root (index . 1) "extraEnv") }}
{{ . }}
{{- end }}
{{- end }}
