#include "serving/torchserve/library.h"

#include <boost/json.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <thread>

#include "core/log.h"
#include "serving/torchserve/answers.h"
#include "serving/torchserve/snapshot.h"

namespace gyre::serving::torchserve {
namespace {

namespace fs = std::filesystem;
using core::Result;

std::optional<int> Number(std::string_view text) {
    int value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
    return value;
}

/// `strict`: what is no number is an error.
core::Status Set(RegisterOrder& order, const std::string& name, const std::string& value,
                 bool strict) {
    if (name == "url") {
        if (value.empty()) return core::Fail(Refusal(404, "ModelNotFoundException", "empty url"));
        order.url = value;
    }
    if (name == "model_name") order.model_name = value;
    if (name == "handler") order.handler = value;
    if (name == "runtime") {
        if (value != "python" && value != "python3" && value != "LSP") {
            return core::Fail(
                Refusal(400, "BadRequestException", "Invalid RuntimeType value: " + value));
        }
        order.runtime = value;
    }
    if (name == "synchronous") order.synchronous = value == "true" || value == "True";
    for (const auto& [key, member] : {std::pair{"batch_size", &RegisterOrder::batch_size},
                                      {"max_batch_delay", &RegisterOrder::max_batch_delay},
                                      {"initial_workers", &RegisterOrder::initial_workers},
                                      {"response_timeout", &RegisterOrder::response_timeout},
                                      {"startup_timeout", &RegisterOrder::startup_timeout}}) {
        if (name != key) continue;
        const auto number = Number(value);
        if (!number && strict) {
            return core::Fail(
                Refusal(400, "BadRequestException",
                        "Parameter " + name + " must be a whole number, not " + value));
        }
        // Less than none is as good as nothing said, but of workers, where it is none.
        if (number && member == &RegisterOrder::initial_workers) {
            order.initial_workers = std::max(0, *number);
        } else if (number && *number >= 0) {
            order.*member = number;
        }
    }
    return {};
}

/// "a.mar", "a.tar.gz" → "a".
std::string Stem(const fs::path& file) {
    std::string name = file.filename().string();
    for (const char* ending : {".mar", ".tar.gz", ".tgz", ".zip"}) {
        if (name.ends_with(ending)) return name.substr(0, name.size() - std::string(ending).size());
    }
    return name;
}

struct Workers {
    int least = 0;
    int most = 0;

    void Set(int from, int to) { *this = {.least = from, .most = std::max(from, to)}; }
};

/// The `models` of config.properties for one version of a model.
core::Status FromProperties(const core::Json& models, const std::string& name,
                            const std::string& version, ModelSettings& settings, Workers& workers) {
    const core::Json* model = core::JsonFind(models, name);
    const core::Json* given = model == nullptr ? nullptr : core::JsonFind(*model, version);
    if (given == nullptr) return {};
    const auto read = [&](const char* key, int& into) {
        into = static_cast<int>(core::JsonInt(*given, key).value_or(into));
    };
    read("batchSize", settings.batch_size);
    read("maxBatchDelay", settings.max_batch_delay_ms);
    read("responseTimeout", settings.response_timeout_s);
    read("startupTimeout", settings.startup_timeout_s);
    read("jobQueueSize", settings.job_queue_size);
    int least = workers.least;
    int most = 0;
    read("minWorkers", least);
    read("maxWorkers", most);
    workers.Set(least, most);
    return {};
}

core::Status ReadSequences(const ArchiveInfo& archive, std::optional<SequenceSettings>& into) {
    if (!archive.Flag("sequenceBatching")) return {};
    SequenceSettings sequences;
    sequences.max_idle_ms = archive.Number("sequenceMaxIdleMSec", 1).value_or(0);
    sequences.timeout_ms = archive.Number("sequenceTimeoutMSec", 0).value_or(0);
    sequences.most = archive.Number("maxNumSequence", 1).value_or(0);
    sequences.queue = archive.Number("maxSequenceJobQueueSize", 1).value_or(sequences.queue);
    sequences.together = archive.Flag("continuousBatching");
    if (sequences.max_idle_ms == 0) {
        return core::Fail(core::Code::kInvalidArgument,
                          "the model's YAML has sequenceBatching: true, which wants "
                          "sequenceMaxIdleMSec to be 1 or more");
    }
    into = sequences;
    return {};
}

/// As TorchServe has it, an archive that names both bounds goes before the request.
void FromArchive(const ArchiveInfo& archive, std::optional<int> asked, Workers& workers) {
    const auto least = archive.Number("minWorkers", 1);
    const auto most = archive.Number("maxWorkers", 0);
    if (least && most.value_or(0) >= *least) {
        workers.Set(*least, *most);
    } else if (asked) {
        workers.Set(*asked, 0);
    } else if (least) {
        workers.Set(*least, 0);
    }
}

core::Status FromArchive(const ArchiveInfo& archive, ModelSettings& settings) {
    const auto read = [&](const char* key, int least, int& into) {
        into = archive.Number(key, least).value_or(into);
    };
    read("batchSize", 1, settings.batch_size);
    read("maxBatchDelay", 0, settings.max_batch_delay_ms);
    read("responseTimeout", 1, settings.response_timeout_s);
    read("startupTimeout", 1, settings.startup_timeout_s);
    read("jobQueueSize", 1, settings.job_queue_size);
    read("clientTimeoutInMills", 0, settings.client_timeout_ms);
    read("maxRetryTimeoutInSec", std::numeric_limits<int>::min(), settings.max_retry_timeout_s);
    settings.max_retry_timeout_s = std::max(0, settings.max_retry_timeout_s);  // as TorchServe
    settings.job_ticket = archive.Flag("useJobTicket");
    settings.continuous = archive.Flag("continuousBatching");
    settings.own_environment = archive.Flag("useVenv") && archive.requirements;
    for (const char* key : {"torchrun", "parallelType"}) {
        if (!archive.config.contains(key)) continue;
        core::LogWarning(
            "a setting of the model's YAML is ignored",
            {{"key", key}, {"reason", "a worker is one process here, and computes on the CPU"}});
    }
    return ReadSequences(archive, settings.sequences);
}

/// Refuses what is too little; what is too much becomes the most.
core::Status SetRanges(ModelSettings& settings, const Workers& workers) {
    const auto within = [](const char* name, int& value, int least, int most) -> core::Status {
        value = std::min(value, most);
        if (value >= least) return {};
        return core::Fail(Refusal(400, "BadRequestException",
                                  std::string(name) + " is " + std::to_string(value) +
                                      " and must be " + std::to_string(least) + " or more"));
    };
    GYRE_TRY(within("batch_size", settings.batch_size, 1, 4096));
    GYRE_TRY(within("max_batch_delay", settings.max_batch_delay_ms, 0, 3'600'000));
    GYRE_TRY(within("response_timeout", settings.response_timeout_s, 1, 86'400));
    GYRE_TRY(within("startup_timeout", settings.startup_timeout_s, 0, 86'400));
    GYRE_TRY(within("jobQueueSize", settings.job_queue_size, 1, 1'000'000));
    GYRE_TRY(within("clientTimeoutInMills", settings.client_timeout_ms, 0, 86'400'000));
    GYRE_TRY(within("maxRetryTimeoutInSec", settings.max_retry_timeout_s, 0, 365 * 86'400));
    return CheckWorkers(workers.least, workers.most);
}

bool IsName(const std::string& name) {
    return !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
        return std::isalnum(c) || c == '_' || c == '-' || c == '.';
    });
}

}  // namespace

Result<RegisterOrder> RegisterOrder::Read(
    const std::vector<std::pair<std::string, std::string>>& query) {
    RegisterOrder order;
    for (const auto& [name, value] : query) GYRE_TRY(Set(order, name, value, false));
    return order;
}

Result<RegisterOrder> RegisterOrder::Read(const core::Json& json) {
    RegisterOrder order;
    order.synchronous = false;
    if (!json.is_object()) {
        return core::Fail(Refusal(400, "BadRequestException", "the body must be a JSON object"));
    }
    for (const auto& [name, value] : json.get_object()) {
        GYRE_TRY(Set(order, std::string(name),
                     value.is_string() ? std::string(value.get_string()) : core::JsonText(value),
                     true));
    }
    return order;
}

Result<Library::Registered> Library::Register(const RegisterOrder& order) {
    if (order.url.empty()) {
        return core::Fail(Refusal(400, "BadRequestException", "Parameter url is required."));
    }
    GYRE_ASSIGN(const Sources::Source source, sources_.Get(order.url, order.at_startup));
    auto registered = Add(order, source);
    if (!registered && source.copied) sources_.Forget(order.url);
    return registered;
}

core::Status Library::Unregister(const std::string& name, const std::string& version,
                                 core::SteadyTime deadline) {
    const auto facts = models_.Describe(name, version);
    GYRE_TRY(models_.Remove(name, version, deadline));
    if (facts) sources_.Forget(facts->front().url);
    return {};
}

Result<Library::Registered> Library::Add(const RegisterOrder& order,
                                         const Sources::Source& source) {
    auto archive = ReadArchive(source.model->directory);
    if (!archive) {
        return core::Fail(Refusal(400, "InvalidModelException", archive.error().message));
    }
    Models::Order add;
    add.name = !order.model_name.empty() ? order.model_name
               : !archive->name.empty()  ? archive->name
                                         : Stem(source.file);
    if (!IsName(add.name)) {
        return core::Fail(Refusal(
            400, "BadRequestException",
            "a model's name has letters, digits, '_', '-' and '.', not \"" + add.name + "\""));
    }
    add.url = order.url;
    add.store_name = source.model->name;
    add.handler = order.handler.empty() && archive->handler.empty() ? settings_.default_handler
                                                                    : order.handler;
    if (add.handler.empty() && archive->handler.empty()) {
        return core::Fail(Refusal(400, "InvalidModelException",
                                  "the archive's MAR-INF/MANIFEST.json names no handler, or is not "
                                  "there: say one (handler, default_service_handler)"));
    }
    add.at_startup = order.at_startup;
    ModelSettings settings;
    settings.response_timeout_s = settings_.default_response_timeout_s;
    settings.startup_timeout_s = settings_.default_startup_timeout_s;
    settings.job_queue_size = settings_.job_queue_size;
    Workers workers;
    workers.Set(settings_.default_workers, 0);
    if (order.at_startup && workers.least == 0) {
        workers.Set(static_cast<int>(std::max(1U, std::thread::hardware_concurrency())), 0);
    }
    if (!settings_.models.empty()) {
        GYRE_ASSIGN(const core::Json models, core::ParseJson(settings_.models));
        GYRE_TRY(FromProperties(models, add.name, archive->version, settings, workers));
    }
    FromArchive(*archive, order.initial_workers, workers);
    if (auto read = FromArchive(*archive, settings); !read) {
        return core::Fail(Refusal(400, "InvalidModelException", read.error().message));
    }
    if (order.max_workers) workers.Set(order.initial_workers.value_or(0), *order.max_workers);
    settings.batch_size = order.batch_size.value_or(settings.batch_size);
    settings.max_batch_delay_ms = order.max_batch_delay.value_or(settings.max_batch_delay_ms);
    settings.response_timeout_s = order.response_timeout.value_or(settings.response_timeout_s);
    settings.startup_timeout_s = order.startup_timeout.value_or(settings.startup_timeout_s);
    GYRE_TRY(SetRanges(settings, workers));
    add.settings = settings;
    add.archive = std::move(*archive);
    if (!order.runtime.empty()) add.archive.runtime = order.runtime;
    Registered registered{
        .name = add.name, .version = add.archive.version, .workers = workers.least};
    GYRE_TRY(models_.Add(std::move(add)));
    if (workers.least == 0) return registered;
    auto scaled = models_.Scale(registered.name, registered.version, workers.least, workers.most);
    if (!scaled) {
        (void)models_.Remove(registered.name, registered.version, core::SteadyTime{});
        return core::Fail(std::move(scaled.error()));
    }
    return registered;
}

Result<std::vector<RegisterOrder>> Library::StartupOrders() const {
    std::vector<RegisterOrder> orders;
    const std::string& load = settings_.load_models;
    if (load.empty() || load == "none" || load == "NONE" || load == "N/A") return orders;
    const auto add = [&](std::string url, std::string name) {
        RegisterOrder order;
        order.url = std::move(url);
        order.model_name = std::move(name);
        order.at_startup = true;
        orders.push_back(std::move(order));
    };
    if (load == "all" || load == "ALL") {
        std::error_code failed;
        for (const auto& entry : fs::directory_iterator(settings_.model_store, failed)) {
            const std::string name = entry.path().filename().string();
            const bool archive =
                name.ends_with(".mar") || name.ends_with(".tar.gz") || name.ends_with(".tgz");
            std::error_code ignored;
            if (archive || (!name.starts_with('.') && entry.is_directory(ignored))) add(name, "");
        }
        if (failed) {
            return core::Fail(core::Code::kNotFound, "the model store " + settings_.model_store +
                                                         " cannot be read: " + failed.message());
        }
        std::ranges::sort(orders, {}, &RegisterOrder::url);
        return orders;
    }
    std::string_view rest = load;
    while (!rest.empty()) {
        const size_t comma = std::min(rest.find(','), rest.size());
        std::string_view item = rest.substr(0, comma);
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        while (item.starts_with(' ')) item.remove_prefix(1);
        while (item.ends_with(' ')) item.remove_suffix(1);
        if (item.empty()) continue;
        const size_t equals = item.find('=');
        if (equals == std::string_view::npos) {
            add(std::string(item), "");
        } else {
            add(std::string(item.substr(equals + 1)), std::string(item.substr(0, equals)));
        }
    }
    return orders;
}

core::Status Library::Restore() {
    GYRE_ASSIGN(const auto models, ReadSnapshot(settings_.model_snapshot));
    for (const SnapshotModel& model : models) {
        RegisterOrder order;
        order.url = sources_.AtRestart(model.url);
        order.model_name = model.name;
        order.at_startup = true;
        order.initial_workers = model.settings.min_workers;
        order.max_workers = model.settings.max_workers;
        order.batch_size = model.settings.batch_size;
        order.max_batch_delay = model.settings.max_batch_delay_ms;
        order.response_timeout = model.settings.response_timeout_s;
        order.startup_timeout = model.settings.startup_timeout_s;
        auto registered = Register(order);
        if (!registered) {
            return core::Fail(std::move(registered.error())
                                  .In(model.name + " of the snapshot (--ncs begins without it)"));
        }
        if (model.is_default) GYRE_TRY(models_.SetDefault(model.name, registered->version));
    }
    return {};
}

core::Status Library::RegisterAtStartup() {
    if (!settings_.model_snapshot.empty()) return Restore();
    GYRE_ASSIGN(const auto orders, StartupOrders());
    for (const RegisterOrder& order : orders) {
        auto registered = Register(order);
        if (!registered) {  // the others serve, as TorchServe has it
            core::LogWarning("a model of the start is left out",
                             {{"url", order.url}, {"reason", registered.error().message}});
            continue;
        }
        if (settings_.models.empty()) continue;
        GYRE_ASSIGN(const core::Json models, core::ParseJson(settings_.models));
        const core::Json* model = core::JsonFind(models, registered->name);
        const core::Json* version =
            model == nullptr ? nullptr : core::JsonFind(*model, registered->version);
        if (version != nullptr && core::JsonBool(*version, "defaultVersion").value_or(false)) {
            GYRE_TRY(models_.SetDefault(registered->name, registered->version));
        }
    }
    return {};
}

}  // namespace gyre::serving::torchserve
