#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/guarded.h"

namespace gyre::serving::multi_model {

/// How much of one multi-model variant may be loaded at once.
struct ShelfLimits {
    size_t models = 64;
    double bytes = 0;  ///< of memory; 0: as much as there is
    bool keep = true;  ///< false: a model goes as soon as it has answered
};

/// Which models of an endpoint's multi-model variants are to be loaded: those that were asked for,
/// least recently used ones last. A variant goes by its `key`, which is its deployment's and its
/// own name. Routes ask it on io threads, the endpoint's controller obeys it. Thread-safe.
class ModelShelf {
  public:
    /// `wanted` is called from any thread when a model is wanted that was not.
    explicit ModelShelf(std::function<void()> wanted) : wanted_(std::move(wanted)) {}

    /// Somebody asks for the model now, so it is wanted. Why it cannot be loaded, where that was
    /// found out in the last seconds; "" else. `loaded`: it has a host.
    [[nodiscard]] std::string Use(const std::string& key, const std::string& model, bool loaded,
                                  core::SteadyTime now);
    [[nodiscard]] std::vector<std::string> Wanted(const std::string& key) const;
    /// It cannot be loaded; not wanted until somebody asks for it after a while.
    void Failed(const std::string& key, const std::string& model, const std::string& reason,
                core::SteadyTime now);

    struct Loaded {
        double bytes = 0;
        bool busy = false;  ///< predictions are with it
    };
    /// Wants no more those that are too many, the least recently used first, or that are not to be
    /// kept; none that is busy or still loading (not in `loaded`), for each of which as much memory
    /// as the average is kept free. True when one is not wanted any more.
    bool Trim(const std::string& key, const ShelfLimits& limits,
              const std::map<std::string, Loaded>& loaded);
    /// Forgets variants other than these.
    void Keep(const std::vector<std::string>& keys);

    struct Counts {
        double asked = 0;
        double hits = 0;  ///< of them, those that found it loaded
    };
    /// Since it was last asked.
    [[nodiscard]] Counts TakeCounts(const std::string& key);

  private:
    struct Model {
        core::SteadyTime used{};
        bool reached = false;  ///< somebody who asked for it found it loaded
        std::string failure;   ///< then it is not wanted
        core::SteadyTime until{};
    };
    struct Variant {
        std::map<std::string, Model> models;
        Counts counts;
    };

    const std::function<void()> wanted_;
    core::Guarded<std::map<std::string, Variant>> variants_;
};

}  // namespace gyre::serving::multi_model
