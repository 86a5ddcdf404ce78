#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "catalog/catalog.h"
#include "core/clock.h"
#include "core/result.h"

namespace gyre::jobs {

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
};

/// Runs controllers: on every change of a resource of their kind, when a step asked to come again,
/// when Wake is called, and for all resources at the start. Thread-safe. Start after all are
/// registered; Stop waits for running steps and may be called twice.
class ControllerRunner {
  public:
    ControllerRunner(catalog::Catalog& catalog, const core::Clock& clock, int threads);
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
