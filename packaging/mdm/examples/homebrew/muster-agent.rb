cask "muster-agent" do
  version "1.2.3"
  sha256 "6e6fbddb0f88610b647e12d20ce9e6971f2e503d7b78ef55f701ccc8279dcf04"

  url "https://downloads.company.example/muster/Muster-1.2.3.pkg"
  name "Muster"
  desc "Reports security settings, signed, to a company's collector"
  homepage "https://downloads.company.example/muster/"

  depends_on macos: ">= :monterey"

  pkg "Muster-1.2.3.pkg"

  uninstall launchctl: "org.muster.agent",
            pkgutil:   "org.muster.agent",
            delete:    [
              "/Library/Application Support/Muster/Muster.app",
              "/Library/LaunchDaemons/org.muster.agent.plist",
              "/usr/local/bin/muster-agent",
            ]

  zap delete: [
    "/Library/Application Support/Muster/state",
    "/Library/Application Support/Muster/config.toml",
    "/Library/Application Support/Muster/enrollment-token",
    "/Library/Logs/Muster",
  ]
end
