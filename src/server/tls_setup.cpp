#include "server/tls_setup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "core/file_system.h"
#include "core/json.h"
#include "core/log.h"
#include "server/private_file.h"
#include "wire/aws_host.h"

namespace gyre::server {
namespace {

using core::Result;
using net::CertificateAuthority;

constexpr std::chrono::hours kWarnBefore{24 * 60};

std::string Lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return text;
}

bool IsAtOrBelow(std::string_view host, const std::vector<std::string>& names) {
    return std::ranges::any_of(names, [&](const std::string& name) {
        return host == name || (host.size() > name.size() && host.ends_with(name) &&
                                host[host.size() - name.size() - 1] == '.');
    });
}

Result<std::string> ReadIfThere(const std::filesystem::path& file) {
    auto text = core::ReadFile(core::RealFileSystem(), file);
    if (text || text.error().code != core::Code::kNotFound) return text;
    return std::string();
}

Result<CertificateAuthority> OpenAuthority(const std::filesystem::path& folder,
                                           const core::Clock& clock) {
    auto& files = core::RealFileSystem();
    GYRE_TRY(files.MakeDirectories(folder));
    const auto certificate_file = folder / "ca.pem";
    const auto key_file = folder / "ca.key";
    GYRE_ASSIGN(const std::string key, ReadIfThere(key_file));
    GYRE_ASSIGN(const std::string certificate, ReadIfThere(certificate_file));
    const auto unusable = [&](core::Error error) {
        return core::Fail(
            std::move(error).In(folder.string() +
                                " holds no authority of ours; restore ca.key and ca.pem, or remove "
                                "both and new ones are made, which clients have to be told of"));
    };
    if (!key.empty() && !certificate.empty()) {
        auto read = CertificateAuthority::Read(certificate, key);
        if (!read) return unusable(std::move(read.error()));
        return read;
    }
    auto made = key.empty() ? CertificateAuthority::Make(clock.WallNow())
                            : CertificateAuthority::Renew(key, clock.WallNow());
    if (!made) return unusable(std::move(made.error()));
    // The key first: the certificate can be made again of it.
    if (key.empty()) GYRE_TRY(WritePrivateFile(key_file, made->KeyPem()));
    GYRE_TRY(core::WriteFileAtomically(files, certificate_file, made->CertificatePem()));
    return made;
}

Result<std::vector<std::string>> OwnNames(const core::Config& config) {
    std::vector<std::string> names;
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) == 0 && host[0] != '\0') {
        names.push_back(Lower(host.data()));
    }
    for (const char* key : {"tls.names", "http.domains"}) {
        for (const core::Json& name : config.Get(key).as_array()) {
            if (!name.is_string()) {
                return core::Fail(core::Code::kInvalidArgument,
                                  std::string(key) + " is a list of DNS names");
            }
            names.push_back(Lower(std::string(name.as_string())));
        }
    }
    std::erase_if(names, [](const std::string& name) { return name == "localhost"; });
    return names;
}

}  // namespace

Result<Tls> OpenTls(const core::Config& config, const std::filesystem::path& folder,
                    const core::Clock& clock) {
    Tls tls;
    const std::string mode = config.GetString("tls.mode");
    if (mode == "http") return tls;
    if (mode != "both" && mode != "https") {
        return core::Fail(core::Code::kInvalidArgument,
                          "tls.mode is '" + mode + "' and must be both, http or https");
    }
    tls.only = mode == "https";
    GYRE_ASSIGN(tls.names, OwnNames(config));
    GYRE_ASSIGN(auto opened, OpenAuthority(folder, clock));
    const auto authority = std::make_shared<const CertificateAuthority>(std::move(opened));
    if (authority->NotAfter() - clock.WallNow() < kWarnBefore) {
        core::LogWarning("the authority's certificate ends soon; remove it to have it made anew",
                         {{"file", (folder / "ca.pem").string()},
                          {"ends", core::Iso8601(authority->NotAfter())}});
    }
    tls.authority_pem = authority->CertificatePem();
    net::ServerCertificatesOptions options;
    options.authority = authority;
    options.clock = &clock;
    options.certificate = config.GetString("tls.certificate");
    options.key = config.GetString("tls.key");
    options.names = tls.names;
    // Of this machine's names a certificate of the user's speaks, where there is one.
    options.issues = [own = options.certificate.empty() ? tls.names : std::vector<std::string>(),
                      local = options.certificate.empty()](std::string_view name) {
        return wire::ParseAwsHost(name) || (local && name.ends_with(".localhost")) ||
               IsAtOrBelow(name, own);
    };
    GYRE_ASSIGN(auto certificates, net::ServerCertificates::Open(std::move(options)));
    tls.server = std::make_unique<net::TlsServer>(std::move(certificates));
    return tls;
}

bool AnswersFor(std::string_view host, uint16_t port, uint16_t own_port,
                const std::vector<std::string>& own_names) {
    if (port == 443 && wire::ParseAwsHost(host)) return true;
    if (port != own_port) return false;
    constexpr std::array<std::string_view, 4> kLocal = {"localhost", "127.0.0.1", "[::1]", "::1"};
    return std::ranges::find(kLocal, host) != kLocal.end() || host.ends_with(".localhost") ||
           IsAtOrBelow(host, own_names);
}

}  // namespace gyre::server
