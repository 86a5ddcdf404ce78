#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/config.h"
#include "core/result.h"
#include "net/exchange.h"
#include "objects/object_store.h"
#include "server/grpc_setup.h"
#include "serving/torchserve/server.h"

namespace gyre::server {

/// TorchServe on the listener of `gyre serve`: its models, hosts and tokens are its own, in a
/// folder of its own, and what is registered there is no endpoint. Stop() may be called twice, once
/// nobody asks any more; the destructor stops.
class TorchServeFace {
  public:
    struct Options {
        std::string listen;            ///< the listener's address, which says who may reach it
        std::filesystem::path folder;  ///< for key_file.json and snapshots; made
        std::filesystem::path host_program;  ///< gyre-host
        std::string python;
        objects::ObjectStore* objects = nullptr;  ///< where s3:// URLs lead; outlives this
    };

    /// Null where the configuration gives neither torchserve.model_store nor torchserve.config.
    /// Errors: kInvalidArgument for settings that make no sense, and those of the start's models.
    [[nodiscard]] static core::Result<std::unique_ptr<TorchServeFace>> Open(
        const core::Config& config, const Options& options);
    ~TorchServeFace();
    TorchServeFace(const TorchServeFace&) = delete;
    TorchServeFace& operator=(const TorchServeFace&) = delete;

    /// As torchserve::Server has it.
    [[nodiscard]] net::Handler Beside(net::Handler next) {
        return server_->Beside(std::move(next));
    }
    [[nodiscard]] std::string Metrics() { return server_->Metrics(); }
    void Stop();

  private:
    TorchServeFace(std::unique_ptr<serving::torchserve::Server> server, TorchServeGrpc grpc);

    std::unique_ptr<serving::torchserve::Server> server_;
    TorchServeGrpc grpc_;  ///< on ports of its own, where the settings name any
};

/// Says in the log who may ask and who may register, and how to change it.
void LogTorchServeSecurity(const serving::torchserve::ServerOptions& options);

}  // namespace gyre::server
