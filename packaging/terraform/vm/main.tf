# One virtual machine with the collector, by cloud-init. The module makes the
# text for the machine's user data and needs no provider of its own, so it fits
# every cloud that takes Debian or Ubuntu with cloud-init.

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

variable "package_url" {
  description = "Where the machine gets the Debian package of the collector."
  type        = string
  validation {
    condition     = startswith(var.package_url, "https://")
    error_message = "The package must come by https://."
  }
}

variable "package_sha256" {
  description = "SHA-256 of that package; another one is not installed."
  type        = string
  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.package_sha256))
    error_message = "The digest must be 64 hexadecimal digits."
  }
}

variable "listen" {
  description = "Address and port to listen on."
  type        = string
  default     = "0.0.0.0:443"
}

variable "database" {
  description = "Empty for a file on the machine, or postgres://USER@HOST/DATABASE."
  type        = string
  default     = ""
}

variable "credentials" {
  description = "Secrets by name: muster.tls.certificate, muster.tls.key, muster.database.password, muster.mail.password. They stand in the user data, which whoever may read the machine's metadata can read; leave them out and bring them there yourself where that is too many."
  type        = map(string)
  default     = {}
  sensitive   = true
}

locals {
  is_privileged = tonumber(element(split(":", var.listen), length(split(":", var.listen)) - 1)) < 1024
  settings = join("\n", concat(
    ["# Written by Terraform when the machine was made.",
      "listen = ${jsonencode(var.listen)}",
    "public_url = ${jsonencode(var.public_url)}"],
    var.database == "" ? [] : ["database = ${jsonencode(var.database)}"],
  [""]))
  port = <<-EOT
    [Service]
    AmbientCapabilities=CAP_NET_BIND_SERVICE
    CapabilityBoundingSet=CAP_NET_BIND_SERVICE
    PrivateUsers=no
  EOT
  files = concat(
    [{ path = "/etc/muster/muster.toml", permissions = "0644", content = local.settings }],
    local.is_privileged ? [{
      path        = "/etc/systemd/system/muster-server.service.d/port.conf"
      permissions = "0644"
      content     = local.port
    }] : [],
    [for name, secret in var.credentials : {
      path        = "/etc/credstore/${name}"
      permissions = "0600"
      content     = secret
    }]
  )
  deb = "/root/muster-server.deb"
  commands = [
    ["curl", "--fail", "--silent", "--show-error", "--location", "--output", local.deb, var.package_url],
    ["sh", "-c", "echo '${var.package_sha256}  ${local.deb}' | sha256sum --check --strict || rm -f ${local.deb}"],
    ["apt-get", "install", "--yes", "-o", "Dpkg::Options::=--force-confold", local.deb],
    ["systemctl", "daemon-reload"],
    ["systemctl", "start", "muster-server"],
  ]
}

output "user_data" {
  description = "What the machine is given as user data."
  sensitive   = true
  value = join("\n", ["#cloud-config", yamlencode({
    package_update = true
    packages       = ["ca-certificates", "curl"]
    write_files    = local.files
    runcmd         = concat([["install", "-d", "-m", "700", "/etc/credstore"]], local.commands)
  })])
}
