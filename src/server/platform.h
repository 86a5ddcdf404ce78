#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/config.h"
#include "core/result.h"

namespace gyre::server {

struct PlatformOptions {
    std::filesystem::path data;          ///< made when absent
    std::string listen;                  ///< "" for the configuration's
    std::filesystem::path host_program;  ///< gyre-host
};

/// Everything that `gyre serve` is, wired: every API on one address. Life cycle: started means
/// answering; Stop() lets what is under way end, ends the model hosts, may be called twice; the
/// destructor stops.
class Platform {
  public:
    /// Errors: the folder is another server's, the address is taken, the database is damaged or a
    /// newer program's; each says what to do.
    [[nodiscard]] static core::Result<std::unique_ptr<Platform>> Start(
        const core::Config& config, const PlatformOptions& options);
    ~Platform();
    Platform(const Platform&) = delete;
    Platform& operator=(const Platform&) = delete;

    /// "http://127.0.0.1:8080", with the real port.
    [[nodiscard]] const std::string& Url() const;
    void Stop();

  private:
    struct Parts;
    explicit Platform(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace gyre::server
