#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "net/exchange.h"
#include "net/io_loop.h"
#include "net/tls.h"
#include "objects/object_store.h"
#include "serving/torchserve/properties.h"

namespace gyre::serving::torchserve {

struct ServerOptions {
    Settings settings;
    std::filesystem::path work_directory;  ///< for unpacked models, sockets and logs; made
    std::filesystem::path key_file;        ///< where tokens are written, if there are any
    std::filesystem::path host_program;    ///< gyre-host
    std::string python;
    /// Where s3:// URLs lead; null: nowhere. Outlives the server.
    objects::ObjectStore* objects = nullptr;
    /// Hears what handlers print, line by line, from any thread. `model`: "NAME/VERSION".
    std::function<void(const std::string& model, std::string_view line)> printed;
    bool listens = true;  ///< at the settings' addresses; else it is Beside something that does
};

/// TorchServe's three faces over gyre-hosts, in one process, without a catalog or signatures. Life
/// cycle: started means answering, with the models of the start registered and their workers on
/// their way; Stop() ends all, may be called twice; the destructor stops.
class Server {
  public:
    /// Errors: an address is taken, a snapshot cannot be taken up.
    [[nodiscard]] static core::Result<std::unique_ptr<Server>> Start(ServerOptions options);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// With real ports; only where it listens.
    [[nodiscard]] std::string InferenceUrl() const;
    [[nodiscard]] std::string ManagementUrl() const;
    [[nodiscard]] std::string MetricsUrl() const;  ///< "-" where enable_metrics_api is false
    /// The two APIs as requests made inside the program reach them, for faces in front of them.
    /// This outlives them.
    [[nodiscard]] net::Handler InferenceApi();
    [[nodiscard]] net::Handler ManagementApi();
    [[nodiscard]] net::IoLoop& Loop();
    /// Its three APIs on another's listener, in front of `next`: TorchServe's paths, where AWS's
    /// signatures do not say that they name a bucket, but for /metrics, whose text is Metrics(),
    /// and /v2. This outlives it.
    [[nodiscard]] net::Handler Beside(net::Handler next);
    /// In Prometheus's form. Waits for the hosts' parts.
    [[nodiscard]] std::string Metrics();
    /// Null where nothing wants it.
    [[nodiscard]] const net::TlsServer* Tls() const;
    /// Waits until the workers of the start are up, or failed, as the log then says. False when a
    /// Stop came before.
    [[nodiscard]] bool AwaitStartupModels();
    void Stop();

  private:
    struct Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace gyre::serving::torchserve
