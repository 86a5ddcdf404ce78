#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/result.h"
#include "serving/torchserve/models.h"
#include "serving/torchserve/properties.h"
#include "serving/torchserve/sources.h"

namespace gyre::serving::torchserve {

/// What a model is registered with; "" and nullopt where it is not said.
struct RegisterOrder {
    std::string url;
    std::string model_name;
    std::string handler;
    std::string runtime;  ///< "": the archive's
    std::optional<int> batch_size;
    std::optional<int> max_batch_delay;
    std::optional<int> initial_workers;
    std::optional<int> response_timeout;
    std::optional<int> startup_timeout;
    std::optional<int> max_workers;  ///< a snapshot's; as many as initial_workers, else
    bool synchronous = true;
    bool at_startup = false;

    /// Of POST /models: by query, where what is no number is not said, or by a JSON body, where it
    /// is an error (400), and `synchronous` is false unless said. Errors: 404 for an empty url.
    [[nodiscard]] static core::Result<RegisterOrder> Read(
        const std::vector<std::pair<std::string, std::string>>& query);
    [[nodiscard]] static core::Result<RegisterOrder> Read(const core::Json& json);
};

/// Archives, and how they become models. Thread-safe; blocks while it fetches and unpacks.
class Library {
  public:
    Library(const Settings& settings, SourcesOptions sources, Models& models)
        : settings_(settings), sources_(std::move(sources)), models_(models) {}

    struct Registered {
        std::string name;
        std::string version;
        int workers = 0;
    };
    /// Adds the model and begins to start its workers. Errors: 404 for a file that is not there or
    /// may not be named, 400 for a damaged one, 409 for a version that is there.
    [[nodiscard]] core::Result<Registered> Register(const RegisterOrder& order);
    /// The other way round: as Models::Remove.
    [[nodiscard]] core::Status Unregister(const std::string& name, const std::string& version,
                                          core::SteadyTime deadline);
    /// What model_snapshot holds, or else what load_models names, but for what cannot be had.
    /// Errors name the model of a snapshot.
    [[nodiscard]] core::Status RegisterAtStartup();

  private:
    [[nodiscard]] core::Result<Registered> Add(const RegisterOrder& order,
                                               const Sources::Source& source);
    [[nodiscard]] core::Result<std::vector<RegisterOrder>> StartupOrders() const;
    [[nodiscard]] core::Status Restore();

    const Settings& settings_;
    const Sources sources_;
    Models& models_;
};

}  // namespace gyre::serving::torchserve
