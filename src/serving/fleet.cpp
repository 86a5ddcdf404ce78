#include "serving/fleet.h"

#include <algorithm>
#include <charconv>
#include <exception>

#include "core/digest.h"
#include "core/log.h"
#include "serving/images.h"

namespace gyre::serving {
namespace {

using core::milliseconds;
using core::SteadyTime;
using HostState = HostProcess::State;

constexpr int kMostFailedStarts = 3;
constexpr milliseconds kLeavingPoll{50};
constexpr milliseconds kSoonest{10};
/// A host that is drained has nothing to do but to end its workers.
constexpr milliseconds kStopGrace{5'000};
constexpr const char* kStartupTimeout = "SAGEMAKER_STARTUP_TIMEOUT";
/// A host knows what its program said last.
constexpr milliseconds kToSayWhy{5'000};

// The same for the same host after a restart of the platform, so that its log goes on.
std::string InstanceName(const std::string& deployment, const std::string& variant, int index) {
    const auto digest = core::Sha256(deployment + "/" + variant + "/" + std::to_string(index));
    return "i-" + core::HexEncode(digest).substr(0, 17);
}

}  // namespace

Fleet::Fleet(const FleetEnvironment& environment, std::string endpoint, std::function<void()> wake,
             std::optional<core::seconds> restart_for)
    : environment_(environment),
      endpoint_(std::move(endpoint)),
      wake_(std::move(wake)),
      restart_for_(restart_for) {
}

Fleet::~Fleet() = default;

void Fleet::Want(const std::vector<const Deployment*>& deployments) {
    // Of a deployment that is wanted twice (in two sizes), the larger counts.
    std::map<std::string, int> wanted;
    const auto size_of = [&](const std::string& deployment, const std::string& variant) {
        const auto found = wanted.find(KeyOf(deployment, variant));
        return found == wanted.end() ? 0 : found->second;
    };
    for (const Deployment* deployment : deployments) {
        for (const DeployedVariant& variant : deployment->variants) {
            int& count = wanted[KeyOf(deployment->id, variant.name)];
            count = std::max(count, variant.count);
        }
    }
    std::erase_if(slots_, [&](Slot& slot) {
        if (slot.index < size_of(slot.deployment, slot.variant.name)) return false;
        LetGo(slot);
        return true;
    });
    for (const Deployment* deployment : deployments) {
        for (const DeployedVariant& variant : deployment->variants) {
            const auto have = std::ranges::count_if(slots_, [&](const Slot& slot) {
                return slot.deployment == deployment->id && slot.variant.name == variant.name;
            });
            for (int i = static_cast<int>(have); i < size_of(deployment->id, variant.name); i++) {
                Slot slot;
                slot.deployment = deployment->id;
                slot.variant = variant;
                slot.index = i;
                slots_.push_back(std::move(slot));
            }
        }
    }
    const auto unwanted = [&](const auto& entry) { return !wanted.contains(entry.first); };
    std::erase_if(fetches_, unwanted);
    std::erase_if(models_, unwanted);
}

void Fleet::LetGo(Slot& slot) {
    if (slot.host == nullptr) return;
    leaving_.push_back({.host = std::move(slot.host), .table = 0});
}

void Fleet::Step() {
    for (Slot& slot : slots_) StepSlot(slot);
}

void Fleet::StepSlot(Slot& slot) {
    if (slot.host != nullptr) {
        switch (slot.host->Poll()) {
            case HostState::kReady:
                slot.failed_starts = 0;
                slot.down_since.reset();
                slot.trouble.clear();
                return;
            case HostState::kFailed:
                return Down(slot, slot.host->Reason(), true);
            case HostState::kEnded:
                slot.failed_starts++;
                return Down(slot, slot.host->Reason(), false);
            default:
                return;
        }
    }
    if (slot.given_up) return;
    if (slot.start_at && environment_.host.clock->Now() < *slot.start_at) return;
    if (ModelReady(slot)) StartHost(slot);
}

void Fleet::Down(Slot& slot, std::string reason, bool hopeless) {
    const SteadyTime now = environment_.host.clock->Now();
    const SteadyTime started = slot.host != nullptr ? slot.host->Started() : now;
    slot.start_at =
        now + slot.restarts.NextDelay(std::chrono::duration_cast<milliseconds>(now - started));
    slot.hopeless = hopeless;
    slot.trouble = std::move(reason);
    core::LogWarning(
        "a model host is down",
        {{"endpoint", endpoint_}, {"variant", slot.variant.name}, {"reason", slot.trouble}});
    if (slot.host != nullptr) StopSoon(std::move(slot.host));
    slot.host = nullptr;
    if (!slot.down_since) slot.down_since = now;
    if (!restart_for_ || now - *slot.down_since < *restart_for_) return;
    slot.given_up = slot.hopeless = true;
    core::LogError("a model host is given up: it did not come up again in time",
                   {{"endpoint", endpoint_}, {"variant", slot.variant.name}});
}

bool Fleet::ModelReady(Slot& slot) {
    const DeployedVariant& variant = slot.variant;
    if (variant.model_data.empty()) return true;
    const std::string key = KeyOf(slot.deployment, variant.name);
    if (models_.contains(key)) return true;
    if (!variant.directory.empty()) {
        if (auto model = environment_.models->Reopen(variant.directory)) {
            models_[key] = std::move(*model);
            return true;
        }
    }
    auto& fetch = fetches_[key];
    if (fetch == nullptr) {
        fetch = std::make_shared<Fetch>();
        const bool taken = environment_.downloads->TrySubmit(
            [fetch, uri = variant.model_data, prefix = variant.model_data_is_prefix,
             models = environment_.models, cancel = environment_.cancel, wake = wake_] {
                core::Result<std::shared_ptr<const ModelStore::Model>> model;
                try {
                    model = models->Fetch(uri, prefix, cancel);
                } catch (const std::exception& error) {  // else it would be waited for, for ever
                    model = core::Fail(core::Code::kInternal,
                                       std::string("the model data ") + uri + ": " + error.what());
                }
                *fetch->result.Lock() = std::move(model);
                wake();
            });
        if (!taken) fetch = nullptr;  // too many at once: at the next step
        return false;
    }
    auto result = std::exchange(*fetch->result.Lock(), std::nullopt);
    if (!result) return false;
    fetches_.erase(key);
    if (!*result) {
        Down(slot, std::move(result->error().message), true);
        return false;
    }
    models_[key] = std::move(**result);
    return true;
}

core::Result<HostSpec> Fleet::SpecOf(const Slot& slot) const {
    const DeployedVariant& variant = slot.variant;
    GYRE_ASSIGN(const Runtime runtime, ResolveImage(variant.image, environment_.images));
    HostSpec spec;
    spec.endpoint = endpoint_;
    spec.variant = variant.name;
    spec.instance = InstanceName(slot.deployment, variant.name, slot.index);
    const auto model = models_.find(KeyOf(slot.deployment, variant.name));
    if (model != models_.end()) {
        spec.model_directory = model->second->directory.string();
    } else if (runtime.command.empty()) {
        return core::Fail(core::Code::kInvalidArgument,
                          "The model \"" + variant.model +
                              "\" has no ModelDataUrl, and its image brings no model.");
    }
    spec.cache_directory = environment_.cache_directory;
    spec.python = environment_.python;
    spec.environment = variant.environment;
    spec.environment.insert(environment_.environment.begin(), environment_.environment.end());
    spec.threads = environment_.threads;
    spec.background = environment_.background;
    spec.container_command = runtime.command;
    spec.container_directory = runtime.directory;
    return spec;
}

// How long the host may take to be ready: what the request says, else the model's environment, else
// the platform's configuration. The host is told, for the program that it starts.
milliseconds Fleet::HoldToLoadTimeout(HostSpec& spec, const DeployedVariant& variant) const {
    std::string& told = spec.environment[kStartupTimeout];
    int given = 0;
    std::from_chars(told.data(), told.data() + told.size(), given);
    milliseconds most = environment_.host.load_timeout;
    if (given > 0) most = core::seconds(given);
    if (variant.load_timeout.count() > 0) most = variant.load_timeout;
    if (told.empty() || variant.load_timeout.count() > 0) {
        told = std::to_string(std::chrono::ceil<core::seconds>(most).count());
    }
    return spec.container_command.empty() ? most : most + kToSayWhy;
}

void Fleet::StartHost(Slot& slot) {
    auto spec = SpecOf(slot);
    if (!spec) return Down(slot, std::move(spec.error().message), true);
    const milliseconds load_timeout = HoldToLoadTimeout(*spec, slot.variant);
    auto host = HostProcess::Start(environment_.host, std::move(*spec), wake_, load_timeout);
    if (!host) {
        slot.failed_starts++;
        return Down(slot, std::move(host.error().message), false);
    }
    slot.host = std::move(*host);
    slot.start_at.reset();
    slot.hopeless = false;
}

Fleet::Progress Fleet::ProgressOf(const Deployment& deployment) const {
    Progress progress{Progress::State::kReady, {}};
    for (const DeployedVariant& variant : deployment.variants) {
        for (const Slot& slot : slots_) {
            if (slot.deployment != deployment.id || slot.variant.name != variant.name ||
                slot.index >= variant.count) {
                continue;
            }
            if (slot.hopeless || slot.failed_starts >= kMostFailedStarts) {
                return {Progress::State::kFailed,
                        "The variant " + variant.name + " did not come up: " + slot.trouble};
            }
            if (slot.host == nullptr || slot.host->Now() != HostState::kReady) {
                progress.state = Progress::State::kPending;
            }
        }
    }
    return progress;
}

std::vector<std::shared_ptr<HostLink>> Fleet::Links(const std::string& deployment,
                                                    const std::string& variant) const {
    std::vector<std::shared_ptr<HostLink>> links;
    for (const Slot& slot : slots_) {
        if (slot.deployment == deployment && slot.variant.name == variant && slot.host != nullptr &&
            slot.host->Now() == HostState::kReady) {
            links.push_back(slot.host->Link());
        }
    }
    return links;
}

std::string Fleet::Trouble(const std::string& deployment, const std::string& variant) const {
    for (const Slot& slot : slots_) {
        if (slot.deployment == deployment && slot.variant.name == variant &&
            !slot.trouble.empty()) {
            return slot.trouble;
        }
    }
    return {};
}

std::string Fleet::ModelOf(const std::string& deployment, const std::string& variant) const {
    const auto found = models_.find(KeyOf(deployment, variant));
    return found == models_.end() ? "" : found->second->name;
}

core::Json Fleet::ReportOf(const std::string& deployment, const std::string& variant) const {
    for (const Slot& slot : slots_) {
        if (slot.deployment == deployment && slot.variant.name == variant && slot.host != nullptr &&
            slot.host->Now() == HostState::kReady) {
            return slot.host->Model();
        }
    }
    return nullptr;
}

Fleet::Hosts Fleet::HostsOf(const std::string& deployment, const std::string& variant) const {
    Hosts hosts;
    for (const Slot& slot : slots_) {
        if (slot.deployment != deployment || slot.variant.name != variant) continue;
        if (slot.given_up) hosts.given_up++;
        if (slot.host != nullptr && slot.host->Now() == HostState::kReady) {
            hosts.reports.push_back(slot.host->Model());
        }
    }
    return hosts;
}

void Fleet::StopSoon(std::shared_ptr<HostProcess> host) {
    // Programs take their time to end, and others wait for this thread.
    if (!environment_.stops->TrySubmit([host] { host->Stop(kStopGrace); })) {
        host->Stop(milliseconds(0));
    }
}

void Fleet::StepLeaving(const std::function<bool(uint64_t table)>& unused, uint64_t table) {
    std::erase_if(leaving_, [&](Leaving& leaving) {
        if (leaving.table == 0) leaving.table = table;
        const HostState state = leaving.host->Poll();
        if (state == HostState::kReady) {
            if (unused(leaving.table)) leaving.host->Drain();
            return false;
        }
        if (state == HostState::kDraining) return false;
        StopSoon(std::move(leaving.host));
        return true;
    });
}

std::optional<milliseconds> Fleet::StepAgain() const {
    std::optional<milliseconds> again;
    const auto at_most = [&](milliseconds time) { again = std::min(again.value_or(time), time); };
    if (!leaving_.empty()) at_most(kLeavingPoll);
    const SteadyTime now = environment_.host.clock->Now();
    for (const Slot& slot : slots_) {
        if (slot.host != nullptr) {
            at_most(slot.host->PollAgain());
        } else if (slot.start_at && !slot.given_up) {
            at_most(
                std::max(kSoonest, std::chrono::duration_cast<milliseconds>(*slot.start_at - now)));
        } else {
            at_most(environment_.host.status_interval);
        }
    }
    return again;
}

void Fleet::StopAll() {
    Want({});
    for (Leaving& leaving : leaving_) StopSoon(std::move(leaving.host));
    leaving_.clear();
}

std::vector<std::shared_ptr<HostLink>> Fleet::AllLinks() const {
    std::vector<std::shared_ptr<HostLink>> links;
    for (const Slot& slot : slots_) {
        if (slot.host != nullptr && slot.host->Now() == HostState::kReady) {
            links.push_back(slot.host->Link());
        }
    }
    return links;
}

}  // namespace gyre::serving
