{{- define "companyos.labels" -}}
app.kubernetes.io/name: companyos
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "companyos.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- /* region=url,region=url: where senders ship their journals */}}
{{- define "companyos.notaries" -}}
{{- $urls := dict }}
{{- range .Values.companyos.residency.regions }}
{{- $_ := set $urls . (printf "https://companyos-notary-%s.%s.svc:8444" . $.Release.Namespace) }}
{{- end }}
{{- range $region, $url := .Values.notary.urls }}{{- $_ := set $urls $region $url }}{{- end }}
{{- $pairs := list }}
{{- range $region := keys $urls | sortAlpha }}{{- $pairs = append $pairs (printf "%s=%s" $region (get $urls $region)) }}{{- end }}
{{- join "," $pairs }}
{{- end }}

{{- /* What happens in namespaces that no Tenant has: flags of operator and webhook. Values of before may lack it. */}}
{{- define "companyos.unclaimed" -}}
{{- $unclaimed := .Values.companyos.residency.unclaimed | default dict -}}
- --unclaimed={{ $unclaimed.action | default "Ignore" }}
{{- with $unclaimed.tenant }}
- --default-tenant={{ . }}
{{- end }}
{{- with $unclaimed.except }}
- --unclaimed-except={{ join "," . }}
{{- end }}
{{- end }}

{{- define "companyos.env" -}}
- { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
- { name: POD_NAMESPACE, valueFrom: { fieldRef: { fieldPath: metadata.namespace } } }
- { name: COMPANYOS_CLUSTER, value: {{ .Values.cluster.name | quote }} }
- { name: COMPANYOS_METRICS_LISTEN, value: "0.0.0.0:9090" }
{{- with .Values.kubeAPI }}
- { name: COMPANYOS_KUBE_API, value: {{ . | quote }} }
{{- end }}
{{- end }}

{{- define "companyos.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  # Key files are refused when others may read them: a volume's permissions are set once, not at every mount.
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- define "companyos.containerSecurity" -}}
image: {{ include "companyos.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{- define "companyos.probes" -}}
livenessProbe:
  httpGet: { path: /livez, port: metrics }
  periodSeconds: 10
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /readyz, port: metrics }
  periodSeconds: 2
{{- end }}

{{- define "companyos.claim" -}}
metadata: { name: {{ .name }} }
spec:
  accessModes: [ReadWriteOnce]
  {{- with .storage.storageClassName }}
  storageClassName: {{ . }}
  {{- end }}
  resources: { requests: { storage: {{ .storage.size }} } }
{{- end }}

{{- /* In words, and so not in the schema, which can only say "maximum: got 2, want 1". */}}
{{- define "companyos.operatorReplicas" -}}
{{- $replicas := int .Values.operator.replicas }}
{{- if gt $replicas 1 -}}
{{- fail (printf "operator.replicas: %d: there is one operator, for what it remembers and still owes to logs lies on its own volume, and one that took over would record it all again. Set operator.replicas: 1. If a release has run with more, let companyos-operator-0 lead first, and let the others' journals empty: docs/operations.md, \"There is one operator\", has the commands" $replicas) -}}
{{- end }}
{{- $replicas }}
{{- end }}

{{- /* How the webhook knows its caller. A path is no secret where the API server quotes it: under failurePolicy Fail. */}}
{{- define "companyos.callers" -}}
{{- $mode := (.Values.webhook.callers).mode | default "Unverified" }}
{{- if and (eq $mode "SecretPath") (eq .Values.webhook.whenUnavailable "strict") -}}
{{- fail "webhook.callers.mode: SecretPath does not go with webhook.whenUnavailable: strict, where the API server quotes the path in its errors. Set whenUnavailable: available, or callers.mode: ClientCertificate; or callers.mode: Unverified, and then whoever reaches the webhook's port can make receipts up" -}}
{{- end }}
{{- $mode }}
{{- end }}

{{- /* Seven sixteenths of the memory limit, in MiB, as a flag of Node; nothing where the limit is not given in Mi or Gi. */}}
{{- define "companyos.oldSpace" -}}
{{- $limit := dig "limits" "memory" "" . | toString }}
{{- if hasSuffix "Mi" $limit }} --max-old-space-size={{ div (mul (trimSuffix "Mi" $limit | int) 7) 16 }}
{{- else if hasSuffix "Gi" $limit }} --max-old-space-size={{ mul (trimSuffix "Gi" $limit | int) 448 }}
{{- end }}
{{- end }}
