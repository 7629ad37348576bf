{{/* The name of the objects: of the release, with "postern" unless that is part of it. */}}
{{- define "postern.name" -}}
{{- if contains "postern" .Release.Name -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-postern" .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What selects all pods of the release. Never changes. */}}
{{- define "postern.selector" -}}
app.kubernetes.io/name: postern
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "postern.labels" -}}
{{ include "postern.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "postern.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* Longer than a program with these variables may take to stop. */}}
{{- define "postern.gracePeriod" -}}
{{- add (int .SHUTDOWN_DELAY) (int .SHUTDOWN_TIMEOUT) 7 -}}
{{- end -}}

{{/* What every service and worker listens on. */}}
{{- define "postern.ports" -}}
http: {{ int .Values.config.PORT }}
metrics: {{ int .Values.config.METRICS_PORT }}
{{- end -}}

{{- define "postern.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "postern.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* The services beside Postern that are on, with what is different about each. */}}
{{- define "postern.beside" -}}
{{- range list (dict "name" "consent" "port" 50053 "metrics" 9097) (dict "name" "notification" "port" 50054 "metrics" 9098) }}
{{- if (get $.Values .name).enabled }}
- {{ toJson . }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Where programs find each other: variables of all programs that call services. */}}
{{- define "postern.serviceUrls" -}}
{{- range include "postern.beside" . | fromYamlArray }}
{{ upper .name }}_GRPC_URL: {{ printf "dns:///%s-%s:%v" (include "postern.name" $) .name .port }}
{{- end }}
{{- end -}}

{{/* Whether Postern listens for gRPC. */}}
{{- define "postern.hasGrpc" -}}
{{- if or .Values.gateway.enabled .Values.consent.enabled .Values.notification.enabled -}}true{{- end -}}
{{- end -}}

{{/* The Job that migrates a database. Takes root, name, component, command, secret and variables, of which the first is required. */}}
{{- define "postern.migration" -}}
# A hook: the new version starts after it, and does not start if it fails.
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .name }}
  labels:
    {{- include "postern.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  backoffLimit: 3
  activeDeadlineSeconds: 3600
  template:
    metadata:
      labels:
        {{- include "postern.labels" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
    spec:
      restartPolicy: Never
      automountServiceAccountToken: false
      enableServiceLinks: false
      {{- with .root.Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        {{- include "postern.podSecurity" .root | nindent 8 }}
      containers:
        - name: migrate
          image: {{ include "postern.image" .root | quote }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          args: {{ toJson .args }}
          # A hook runs before the ConfigMap exists. The rest has defaults.
          env:
            {{- $secret := .secret }}
            {{- range $i, $name := .variables }}
            - name: {{ $name }}
              valueFrom:
                secretKeyRef: { name: {{ $secret }}, key: {{ $name }}{{ if $i }}, optional: true{{ end }} }
            {{- end }}
          resources:
            {{- toYaml .root.Values.migrate.resources | nindent 12 }}
          securityContext:
            {{- include "postern.containerSecurity" .root | nindent 12 }}
{{- end -}}
