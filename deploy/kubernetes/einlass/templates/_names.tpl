{{- define "einlass.name" -}}
{{- printf "%s" .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "einlass.selector" -}}
app.kubernetes.io/name: einlass
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "einlass.labels" -}}
{{ include "einlass.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- end -}}
