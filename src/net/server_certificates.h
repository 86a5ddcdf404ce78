#pragma once

#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/clock.h"
#include "net/certificate.h"

namespace gyre::net {

struct ServerCertificatesOptions {
    std::shared_ptr<const CertificateAuthority> authority;
    const core::Clock* clock = nullptr;
    /// The user's own, in PEM; both or none. Shown for every name that `issues` does not take.
    std::filesystem::path certificate;
    std::filesystem::path key;
    /// Where it is set, `certificate` is a key store in PKCS #12, which holds the key as well.
    std::optional<std::string> key_store_password;
    /// DNS names of this machine, on the certificate that the authority issues for it.
    std::vector<std::string> names;
    /// Whether a client that asks for this name (lower case) gets one issued for just that name.
    std::function<bool(std::string_view)> issues;
};

/// Chooses which certificate a server shows. Issued ones are kept, the least used dropped first,
/// and issued anew a month before they end. The user's files are read again within a second of a
/// change; while what is there cannot be read, the last good pair stays. Thread-safe.
class ServerCertificates {
  public:
    /// Errors: the user's files cannot be read, or do not belong together.
    [[nodiscard]] static core::Result<std::unique_ptr<ServerCertificates>> Open(
        ServerCertificatesOptions options);
    /// For a client that asked for `name` ("" when it named none) and came to `address`.
    [[nodiscard]] core::Result<Certificate> Choose(std::string_view name,
                                                   const std::string& address);

  private:
    struct Issued {
        Certificate certificate;
        core::WallTime renew_at;
        std::list<std::string>::iterator place;
    };
    using Stamp = std::pair<core::WallTime, core::WallTime>;

    explicit ServerCertificates(ServerCertificatesOptions options);
    [[nodiscard]] core::Result<Certificate> ReadOwn() const;
    [[nodiscard]] core::Result<Stamp> OwnStamp() const;
    void RefreshOwn();
    [[nodiscard]] core::Result<Certificate> IssueFor(const std::string& key,
                                                     const CertificateNames& names);

    const ServerCertificatesOptions options_;
    std::mutex mutex_;  // guards what follows
    std::optional<Certificate> own_;
    Stamp own_stamp_;
    Stamp refused_stamp_;  ///< of the last change that could not be read
    core::SteadyTime look_again_;
    std::list<std::string> recent_;  ///< keys of issued_, the last used first
    std::unordered_map<std::string, Issued> issued_;
};

}  // namespace gyre::net
