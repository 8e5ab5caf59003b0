# The collector for Kubernetes as a set of manifests. The module needs no
# provider of its own, so it fits whatever applies manifests where you are.

terraform {
  required_version = ">= 1.3"
}

variable "public_url" {
  description = "The address that laptops and people use, such as https://muster.company.example."
  type        = string
  validation {
    condition     = startswith(var.public_url, "https://")
    error_message = "The address must begin with https://."
  }
}

variable "image" {
  description = "The image, in your registry."
  type        = string
  default     = "muster-server:0.2.0"
}

variable "database" {
  description = "Empty for one collector with a file, or postgres://USER@HOST/DATABASE for several."
  type        = string
  default     = ""
}

variable "replicas" {
  description = "Collectors; more than one only with PostgreSQL."
  type        = number
  default     = 1
}

variable "storage" {
  description = "Size of the volume: with a file its database, with PostgreSQL the keys."
  type        = string
  default     = "20Gi"
}

variable "credentials_secret" {
  description = "The secret with certificate and passwords; it may be missing."
  type        = string
  default     = "muster-credentials"
}

variable "service_type" {
  description = "ClusterIP or LoadBalancer."
  type        = string
  default     = "ClusterIP"
}

locals {
  text = templatefile("${path.module}/muster.yaml.tftpl", {
    public_url         = var.public_url
    image              = var.image
    database           = var.database
    replicas           = var.replicas
    storage            = var.storage
    credentials_secret = var.credentials_secret
    service_type       = var.service_type
  })
  documents = [for document in split("\n---\n", local.text) : yamldecode(document)]
}

output "yaml" {
  description = "All manifests as one text, for kubectl apply -f."
  value       = local.text
  precondition {
    condition     = var.replicas == 1 || var.database != ""
    error_message = "Several collectors need PostgreSQL: give database, or take one replica."
  }
}

output "manifests" {
  description = "The manifests by kind and name, for resources of your provider."
  value       = { for document in local.documents : "${document.kind}/${document.metadata.name}" => document }
}
