#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "catalog/catalog.h"
#include "core/clock.h"
#include "core/result.h"

namespace gyre::jobs {

class Leases;

/// Brings one kind of resource from what is to what is wanted, a small idempotent step at a time.
/// It keeps nothing that a restart may not lose. Called from one thread at a time for one name.
class Controller {
  public:
    virtual ~Controller() = default;
    [[nodiscard]] virtual catalog::Kind Kind() const = 0;
    /// Takes the next step for the resource of that name (which may be gone: then what belonged to
    /// it is cleaned up). Returns when to come again, nullopt for "only on a change". An error is
    /// logged and tried again with back-off; it is not a state a user sees, so a controller writes
    /// failures that are the user's into the status itself.
    [[nodiscard]] virtual core::Result<std::optional<core::milliseconds>> Reconcile(
        const std::string& name) = 0;

    // Where several servers share the catalog, each resource is driven by one of them.

    /// The step of a server that does not drive the resource: it brings up here what serves it,
    /// lets go what only the driver may have, and writes nothing of it. Returns as Reconcile does.
    [[nodiscard]] virtual core::Result<std::optional<core::milliseconds>> Follow(
        const std::string&) {
        return std::nullopt;
    }
    /// Whether all that is left to do is to tidy up here, so that Reconcile needs no lease.
    [[nodiscard]] virtual core::Result<bool> Settled(const std::string&) { return false; }
};

/// Runs controllers: on every change of a resource of their kind, when a step asked to come again,
/// when Wake is called, and for all resources at the start. Thread-safe. Start after all are
/// registered; Stop waits for running steps and may be called twice. Of a resource that another
/// server's `leases` hold it only follows what that one does.
class ControllerRunner {
  public:
    /// `leases`: null where no other server can be.
    ControllerRunner(catalog::Catalog& catalog, const core::Clock& clock, int threads,
                     Leases* leases = nullptr);
    ~ControllerRunner();
    void Register(Controller& controller);  ///< borrowed; outlives Stop
    [[nodiscard]] core::Status Start();
    void Wake(const catalog::Kind& kind, const std::string& name);
    void Stop();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gyre::jobs
