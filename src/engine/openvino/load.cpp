#include "engine/openvino/load.h"

#include <openvino/openvino.hpp>

#include <thread>

#include "engine/native_model.h"
#include "engine/openvino/compiled_network.h"
#include "engine/openvino/read_model.h"

namespace gyre::engine {

core::Result<std::unique_ptr<Model>> LoadOpenVinoModel(const LoadOptions& options,
                                                       const ModelSettings& settings,
                                                       const std::filesystem::path& file) {
    ov::Core core;
    GYRE_ASSIGN(const std::shared_ptr<ov::Model> model, openvino::ReadModel(core, file, settings));
    openvino::CompileOptions compile;
    compile.threads = options.threads > 0
                          ? options.threads
                          : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    compile.requests = std::max(1, options.workers);
    compile.bf16 = options.precision == "bf16";
    NativeOptions native;
    native.settings = settings;
    native.concurrency = compile.requests;
    native.info.platform = "openvino";
    native.info.precision = compile.bf16 ? "bf16" : "fp32";
    native.info.batches = openvino::FreeBatch(model);
    GYRE_ASSIGN(auto network, openvino::CompiledNetwork::Compile(core, model, compile));
    native.info.inputs = network->Inputs();
    native.info.outputs = network->Outputs();
    return MakeNativeModel(std::move(network), std::move(native));
}

std::string OpenVinoVersion() {
    return ov::get_openvino_version().buildNumber;
}

}  // namespace gyre::engine
