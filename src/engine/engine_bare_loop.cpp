// engine_bare_loop: what the engine alone does with a model, one batch after another, as one line
// of JSON: {"rows": 8, "at_once": 1, "rows_per_s": 776.1, "ms_per_batch": 10.3, "precision":
// "bf16", …}. The model is loaded just as gyre-host loads it; the inputs stay in place and the
// outputs are left where they are, so this is the ceiling for whatever is built around the engine.
#include <CLI/CLI.hpp>

#include <cstdio>

#include <boost/json.hpp>

#include "engine/generated_rows.h"
#include "engine/native_model.h"
#include "engine/network_trial.h"

using namespace gyre;

namespace {

core::Result<core::Json> Measure(engine::Model& model, int rows, int sessions, double seconds) {
    engine::Network* network = engine::NetworkOf(model);
    if (network == nullptr) {
        return core::Fail(core::Code::kInvalidArgument, "the model has no native engine");
    }
    const auto tensors = engine::GenerateRows(network->Inputs(), rows, 1);
    GYRE_ASSIGN(const double rate,
                engine::MeasureRowsPerSecond(
                    *network, tensors, sessions,
                    core::milliseconds(static_cast<int64_t>(seconds * 1000)), core::SystemClock()));
    return core::JsonObject{{"rows", rows},
                            {"at_once", sessions},
                            {"rows_per_s", rate},
                            {"ms_per_batch", rows * sessions / rate * 1000},
                            {"platform", model.Info().platform},
                            {"precision", model.Info().precision},
                            {"details", model.Info().details}};
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Measures a model on the bare engine.");
    engine::LoadOptions options;
    std::vector<int> rows{1};
    std::vector<int> at_once{1};
    double seconds = 3;
    app.add_option("--model", options.directory, "the unpacked model's folder")->required();
    app.add_option("--rows", rows, "rows of a batch; several are measured one after another");
    app.add_option("--at-once", at_once, "batches that compute at once; likewise");
    app.add_option("--seconds", seconds, "how long each");
    app.add_option("--threads", options.threads, "threads for compute; 0: the machine's cores");
    app.add_option("--precision", options.precision, "auto, fp32, bf16 or int8");
    app.add_option("--tolerance", options.accuracy_tolerance, "of auto");
    app.add_option("--cache", options.cache_directory, "folder for conversions");
    CLI11_PARSE(app, argc, argv);
    options.on_log = [](std::string_view line) {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
    };
    std::vector<std::pair<int, int>> ways;
    for (const int count : rows) {
        for (const int sessions : at_once) ways.emplace_back(count, sessions);
    }
    auto model = engine::LoadModel(options);
    if (!model) {
        std::fprintf(stderr, "%s\n", model.error().ToString().c_str());
        return 1;
    }
    for (const auto& [count, sessions] : ways) {
        auto result = Measure(**model, count, sessions, seconds);
        if (!result) {
            std::fprintf(stderr, "%s\n", result.error().ToString().c_str());
            return 1;
        }
        std::printf("%s\n", core::JsonText(*result).c_str());
        std::fflush(stdout);
    }
    return 0;
}
