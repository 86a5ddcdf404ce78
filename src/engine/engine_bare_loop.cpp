// engine_bare_loop: what the engine alone does with a model, one batch after another, as one line
// of JSON: {"rows": 8, "batches": 97, "rows_per_s": 776.1, "ms_per_batch": 10.3, "precision":
// "bf16", …}. The model is loaded just as gyre-host loads it; the inputs stay in place and the
// outputs are left where they are, so this is the ceiling for whatever is built around the engine.
#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <random>

#include <boost/json.hpp>

#include "engine/generated_rows.h"
#include "engine/native_model.h"

using namespace gyre;

namespace {

double Now() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(now).count();
}

core::Result<core::Json> Measure(engine::Model& model, int rows, double seconds) {
    engine::Network* network = engine::NetworkOf(model);
    if (network == nullptr) {
        return core::Fail(core::Code::kInvalidArgument, "the model has no native engine");
    }
    GYRE_ASSIGN(const auto session, network->NewSession());
    const auto tensors = engine::GenerateRows(network->Inputs(), rows, 1);
    for (size_t i = 0; i < tensors.size(); ++i) {
        GYRE_ASSIGN(void* const memory, session->Input(i, tensors[i].Type(), tensors[i].Dims()));
        std::memcpy(memory, tensors[i].Data(), tensors[i].Bytes());
    }
    for (int i = 0; i < 3; ++i) GYRE_TRY(session->Infer());
    const double start = Now();
    int batches = 0;
    double took = 0;
    do {
        GYRE_TRY(session->Infer());
        ++batches;
        took = Now() - start;
    } while (took < seconds);
    return core::JsonObject{{"rows", rows},
                            {"batches", batches},
                            {"rows_per_s", batches * rows / took},
                            {"ms_per_batch", took / batches * 1000},
                            {"platform", model.Info().platform},
                            {"precision", model.Info().precision},
                            {"details", model.Info().details}};
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Measures a model on the bare engine.");
    engine::LoadOptions options;
    std::vector<int> rows{1};
    double seconds = 3;
    app.add_option("--model", options.directory, "the unpacked model's folder")->required();
    app.add_option("--rows", rows, "rows of a batch; several are measured one after another");
    app.add_option("--seconds", seconds, "how long each");
    app.add_option("--threads", options.threads, "threads for compute; 0: the machine's cores");
    app.add_option("--precision", options.precision, "auto, fp32, bf16 or int8");
    app.add_option("--tolerance", options.accuracy_tolerance, "of auto");
    app.add_option("--cache", options.cache_directory, "folder for conversions");
    CLI11_PARSE(app, argc, argv);
    options.on_log = [](std::string_view line) {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
    };
    auto model = engine::LoadModel(options);
    if (!model) {
        std::fprintf(stderr, "%s\n", model.error().ToString().c_str());
        return 1;
    }
    for (const int count : rows) {
        auto result = Measure(**model, count, seconds);
        if (!result) {
            std::fprintf(stderr, "%s\n", result.error().ToString().c_str());
            return 1;
        }
        std::printf("%s\n", core::JsonText(*result).c_str());
        std::fflush(stdout);
    }
    return 0;
}
