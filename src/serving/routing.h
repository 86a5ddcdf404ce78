#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/metrics.h"
#include "serving/async/async_config.h"
#include "serving/host_link.h"
#include "serving/multi_model/multi_model.h"
#include "serving/prediction_tap.h"

namespace gyre::serving {

/// The connected host with the fewest predictions outstanding; null when there is none.
[[nodiscard]] HostLink* LeastBusy(const std::vector<std::shared_ptr<HostLink>>& hosts);

/// The hosts of one container behind a variant's first.
struct ContainerRoute {
    std::string hostname;
    std::vector<std::shared_ptr<HostLink>> hosts;
};

/// The hosts of one variant that take predictions now.
struct VariantRoute {
    std::string name;
    double weight = 1;
    std::vector<std::shared_ptr<HostLink>> hosts;  ///< of the first container
    /// The containers behind it, of a pipeline.
    std::vector<ContainerRoute> further;
    std::string hostname;  ///< of the first container
    bool direct = false;   ///< a prediction names the one container that it is for
    /// Of a multi-model variant, which has no `hosts`; null for others.
    std::shared_ptr<const multi_model::MultiModelRoute> multi_model;

    /// The connected host with the fewest predictions outstanding; null when there is none.
    [[nodiscard]] HostLink* LeastBusy() const { return gyre::serving::LeastBusy(hosts); }
    /// The hosts of the container with that hostname; null when there is none.
    [[nodiscard]] const std::vector<std::shared_ptr<HostLink>>* Container(
        std::string_view container_hostname) const;
    /// One for each container.
    [[nodiscard]] bool HasHost() const;
    /// Of all containers and loaded models.
    [[nodiscard]] std::vector<std::shared_ptr<HostLink>> AllHosts() const;
    /// Equal for variants that do the same.
    [[nodiscard]] std::string Signature() const;
};

/// EndpointRoute::status of an endpoint that was unloaded.
inline constexpr const char* kUnloadedStatus = "unloaded";

/// Where an endpoint's predictions go. Immutable but for the turn.
struct EndpointRoute {
    std::string name;
    std::string status;  ///< EndpointStatus, for whoever asks before it is in service
    bool in_service = false;
    std::vector<VariantRoute> variants;
    /// Counts predictions, to share them out; goes on from one route to its successor.
    std::shared_ptr<std::atomic<uint64_t>> turn = std::make_shared<std::atomic<uint64_t>>(0);
    /// Of an asynchronous endpoint; null for others.
    std::shared_ptr<const async::AsyncConfig> async;
    /// Told of each prediction.
    std::vector<std::shared_ptr<PredictionTap>> taps;
    core::Counter* invocations = nullptr;
    core::Counter* failures = nullptr;
    core::Counter* spared = nullptr;  ///< refused without asking the host

    [[nodiscard]] const VariantRoute* Find(std::string_view variant) const;
    /// By weight among the variants that have a host, as evenly as can be over any stretch of
    /// predictions; null when none has one (or all weights are 0).
    [[nodiscard]] const VariantRoute* NextByWeight() const;
};

struct NameHash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
};

/// One state of all routes. Readers hold it while they pick a host and send to it, so that when it
/// is gone nothing more is sent to the hosts that only it had.
using RoutingTable = std::unordered_map<std::string, std::shared_ptr<const EndpointRoute>, NameHash,
                                        std::equal_to<>>;

}  // namespace gyre::serving
