#include "engine/openvino/quantized_model.h"

#include <boost/json.hpp>

#include <cstdio>

#include "core/digest.h"
#include "core/file_system.h"
#include "engine/codec/npy.h"
#include "engine/converter.h"
#include "engine/openvino/types.h"

namespace gyre::engine::openvino {
namespace {

namespace fs = std::filesystem;
using core::Code;
using core::Fail;
using core::Result;
using core::Status;

std::string NpyFile(const Tensor& tensor) {
    std::string file = NpyHeader(tensor.Type(), tensor.Dims());
    file.append(static_cast<const char*>(tensor.Data()), tensor.Bytes());
    return file;
}

/// model.xml, model.bin, and sample-0000-0.npy for input 0 of sample 0.
Status WriteInputs(const std::shared_ptr<ov::Model>& model, const std::vector<Inputs>& samples,
                   const fs::path& folder) {
    ov::serialize(model, (folder / "source.xml").string());
    for (size_t i = 0; i < samples.size(); ++i) {
        for (size_t input = 0; input < samples[i].size(); ++input) {
            char name[64];
            std::snprintf(name, sizeof(name), "sample-%04zu-%zu.npy", i, input);
            GYRE_ASSIGN(const auto file, core::RealFileSystem().Create(folder / name));
            GYRE_TRY(file->Append(NpyFile(samples[i][input])));
        }
    }
    return {};
}

}  // namespace

Result<std::shared_ptr<ov::Model>> QuantizedModel(ov::Core& core,
                                                  const std::shared_ptr<ov::Model>& model,
                                                  const std::string& source,
                                                  const std::vector<Inputs>& samples,
                                                  const LoadOptions& options) try {
    core::Digest digest(core::DigestKind::kSha256);
    for (const Inputs& sample : samples) {
        for (const Tensor& tensor : sample) {
            if (tensor.Type() == DataType::kBFloat16) {
                return Fail(Code::kInvalidArgument, "inputs in BF16 are not calibrated on");
            }
            digest.Update(ShapeText(tensor.Dims()));
            digest.Update({static_cast<const char*>(tensor.Data()), tensor.Bytes()});
        }
    }
    ConverterJob job;
    job.job = {{"action", "quantize"},
               {"samples", samples.size()},
               {"inputs", samples.empty() ? 0 : samples[0].size()}};
    job.identity = "quantize " + source + core::HexEncode(digest.Finish());
    job.prepare = [&](const fs::path& folder) { return WriteInputs(model, samples, folder); };
    GYRE_ASSIGN(const ConverterResult result, RunConverter(options, std::move(job)));
    if (core::JsonString(result.report, "outcome") != "converted") {
        return Fail(Code::kInvalidArgument,
                    core::JsonStringOr(result.report, "reason", "no reason"));
    }
    return core.read_model((result.folder / "model.xml").string());
} catch (const std::exception& error) {
    return Fail(Code::kInvalidArgument, Reason(error));
}

}  // namespace gyre::engine::openvino
