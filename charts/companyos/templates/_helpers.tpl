{{- /*
What values lack they get, in place: an upgrade that reuses those of a release of before (--reuse-values) brings none of what came
since, and null takes a default out. Each template begins with it, so no other line looks whether a setting is there.
*/}}
{{- define "companyos.filled" -}}
{{- range $path, $default := .Files.Get "files/defaults.yaml" | fromYaml }}
{{- $steps := splitList "." $path }}
{{- $group := $.Values }}
{{- range initial $steps }}
{{- if not (kindIs "map" (get $group .)) }}{{- $_ := set $group . dict }}{{- end }}
{{- $group = get $group . }}
{{- end }}
{{- if or (not (hasKey $group (last $steps))) (kindIs "invalid" (get $group (last $steps))) }}{{- $_ := set $group (last $steps) $default }}{{- end }}
{{- end }}
{{- end }}

{{- define "companyos.labels" -}}
app.kubernetes.io/name: companyos
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "companyos.image" -}}
{{ with .Values.image.registry | default .Values.global.imageRegistry }}{{ . }}/{{ end }}{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
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

{{- /* What happens in namespaces that no Tenant has: flags of operator and webhook. */}}
{{- define "companyos.unclaimed" -}}
{{- $unclaimed := .Values.companyos.residency.unclaimed -}}
- --unclaimed={{ $unclaimed.action }}
{{- with $unclaimed.tenant }}
- --default-tenant={{ . }}
{{- end }}
{{- with $unclaimed.except }}
- --unclaimed-except={{ join "," . }}
{{- end }}
{{- end }}

{{- define "companyos.containerSecurity" -}}
image: {{ include "companyos.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- $secure := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "capabilities" (dict "drop" (list "ALL")) }}
securityContext: {{- mergeOverwrite $secure .Values.securityContext | toYaml | nindent 2 }}
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
{{- $mode := .Values.webhook.callers.mode }}
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

{{- define "companyos.history" -}}
{{- with .Values.revisionHistoryLimit }}
revisionHistoryLimit: {{ int . }}
{{- end }}
{{- end }}

{{- /* Longer than the delay and the drain: in-flight responses, then closing windows, then the journal. */}}
{{- define "companyos.grace" -}}
{{- $needed := add 40 .Values.webhook.shutdownDelaySeconds }}
{{- $set := .Values.webhook.terminationGracePeriodSeconds }}
{{- if not $set }}
terminationGracePeriodSeconds: {{ $needed }}
{{- else if lt (int $set) (int $needed) }}
{{- fail (printf "webhook.terminationGracePeriodSeconds: %d is too short: a replica that ends needs webhook.shutdownDelaySeconds (%d), and 40 more to respond, close its counts and write its journal. Set %d or more, or leave it out" (int $set) (int .Values.webhook.shutdownDelaySeconds) (int $needed)) }}
{{- end }}
{{- end }}

{{- /* What a region's keys state for ever, so it is said and not left out: (list $root REGION). */}}
{{- define "companyos.jurisdiction" -}}
{{- $region := index . 1 }}
{{- $said := get (index . 0).Values.notary.jurisdictions $region }}
{{- if not $said }}
{{- fail (printf "notary.jurisdictions.%s: missing. companyos.residency.regions gives %s a log, whose keys are made once and say in which jurisdiction they are: say what its Region says, as in --set notary.jurisdictions.%s=EU. If its log was made by a release in which none was said, that stays: --set notary.jurisdictions.%s=unstated" $region $region $region $region) }}
{{- end }}
{{- $said }}
{{- end }}

{{- /* Matchers of the release's own series, as its monitors label them; "" where nobody says how they are labelled. */}}
{{- define "companyos.seriesSelector" -}}
{{- $monitoring := .Values.monitoring }}
{{- if $monitoring.rules.selector }}{{ $monitoring.rules.selector }}
{{- else if or $monitoring.podMonitor.enabled $monitoring.serviceMonitor.enabled }}
{{- printf "job=~\"companyos-(operator|webhook|notary)\",namespace=%q" .Release.Namespace }}
{{- end }}
{{- end }}

{{- /* An expression whose series are those that matchers select, too: (list EXPRESSION MATCHERS). "#" stands for where these come. */}}
{{- define "companyos.selected" -}}
{{- $expr := index . 0 }}
{{- with index . 1 }}
{{- $metric := "\\b(residency_\\w+|tenants_\\w+|process_start_time_seconds|up)" }}
{{- $expr = regexReplaceAll (printf "%s\\{" $metric) $expr "${1}#," }}
{{- $expr = regexReplaceAll (printf "%s([^#\\w]|$)" $metric) $expr "${1}#}${2}" }}
{{- $expr = replace "#" (printf "{%s" .) $expr }}
{{- end }}
{{- $expr }}
{{- end }}
