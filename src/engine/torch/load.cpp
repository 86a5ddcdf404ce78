#include "engine/torch/load.h"

#include <dlfcn.h>

#include <boost/json.hpp>

#include <algorithm>
#include <thread>

#include "engine/native_model.h"
#include "engine/network_trial.h"
#include "engine/sample_rows.h"
#include "engine/torch/plugin.h"

namespace gyre::engine {
namespace {

using core::Code;
using core::Fail;
using core::Result;

constexpr size_t kMostSamples = 8;

/// Beside the program, or where it was built. Never unloaded: libtorch does not survive that.
Result<torch_plugin::LoadNetwork> Plugin() {
    std::error_code ignored;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
    const std::string beside = program.parent_path() / GYRE_TORCH_PLUGIN_NAME;
    void* library = dlopen(beside.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) library = dlopen(GYRE_TORCH_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        const char* why = dlerror();
        return Fail(Code::kInternal,
                    std::string("libtorch cannot be brought in: ") + (why ? why : "no reason"));
    }
    void* entry = dlsym(library, torch_plugin::kEntry);
    if (entry == nullptr) return Fail(Code::kInternal, "libgyre_torch.so has no entry");
    return reinterpret_cast<torch_plugin::LoadNetwork>(entry);
}

}  // namespace

Result<std::unique_ptr<Model>> LoadTorchModel(const LoadOptions& options,
                                              const ModelSettings& settings,
                                              const std::filesystem::path& file) {
    if (settings.image) {
        return Fail(Code::kUnimplemented,
                    "\"image\" in gyre.json is for models that OpenVINO runs; this one needs "
                    "libtorch: prepare pictures in the model, or with code/inference.py");
    }
    const std::string wanted = WantedPrecision(options, settings);
    if (wanted == "bf16" || wanted == "int8") {
        return Fail(Code::kInvalidArgument,
                    "precision " + wanted +
                        " cannot be had: the model runs on libtorch, which computes it as it was "
                        "saved");
    }
    GYRE_ASSIGN(const auto load, Plugin());
    torch_plugin::Order order;
    order.file = file;
    order.inputs = settings.inputs;
    order.threads = options.threads > 0
                        ? options.threads
                        : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    GYRE_ASSIGN(auto network, load(order));
    const BodyDecoder decoder(network->Inputs(), std::nullopt);
    const auto folder = std::filesystem::path(options.directory) / settings.samples;
    GYRE_ASSIGN(auto samples, ReadSamples(folder, decoder, kMostSamples));
    StackProof proof;
    const auto& inputs = network->Inputs();
    const bool free = std::all_of(inputs.begin(), inputs.end(), [](const TensorSpec& input) {
        return !input.shape.empty() && input.shape[0] < 0;
    });
    if (free) {
        proof = ProveStacking(*network, SamplesToStack(samples, inputs));
    } else {
        proof.reason = "gyre.json does not say that dimension 0 of the inputs is the batch's";
    }
    NativeOptions native = NativeOptions::From(options, settings);
    native.info.platform = "torchscript";
    native.info.precision = "fp32";
    native.info.inputs = inputs;
    native.info.outputs = network->Outputs();
    native.info.batches = proof.stacks;
    core::JsonObject batching{{"stacks", proof.stacks}};
    if (!proof.stacks) batching["reason"] = proof.reason;
    native.info.details = core::JsonObject{{"batching", batching}};
    return MakeNativeModel(std::move(network), std::move(native));
}

}  // namespace gyre::engine
