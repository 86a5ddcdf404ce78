#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/config.h"
#include "core/result.h"
#include "net/tls.h"

namespace gyre::server {

/// https as the configuration wants it.
struct Tls {
    std::unique_ptr<net::TlsServer> server;  ///< null: no https at all
    bool only = false;                       ///< the listener does not speak http
    std::string authority_pem;               ///< what clients are to trust, beside a user's own
    std::vector<std::string> names;          ///< this machine's DNS names and domains, lower case
};

/// Opens the authority in `folder` (DIR/tls), which is made at the first start: ca.pem for clients
/// and ca.key (mode 0600). A lost ca.pem is made anew of the key, so that a crash between the two
/// costs nothing. Errors: unreadable files, a configuration that says two things.
[[nodiscard]] core::Result<Tls> OpenTls(const core::Config& config,
                                        const std::filesystem::path& folder,
                                        const core::Clock& clock);

/// Whether "CONNECT host:port" (lower case) is for us to answer: AWS's host names, and our own with
/// all below them.
[[nodiscard]] bool AnswersFor(std::string_view host, uint16_t port, uint16_t own_port,
                              const std::vector<std::string>& own_names);

}  // namespace gyre::server
