#include "engine/sample_rows.h"

#include <array>
#include <cstring>
#include <filesystem>

#include "core/file_system.h"
#include "engine/generated_rows.h"

namespace gyre::engine {
namespace {

namespace fs = std::filesystem;

struct Ending {
    std::string_view ending;
    std::string_view content_type;
};
constexpr uint32_t kMadeUp = 4;
constexpr std::array<Ending, 8> kEndings{{{".npy", "application/x-npy"},
                                          {".npz", "application/x-npz"},
                                          {".json", "application/json"},
                                          {".csv", "text/csv"},
                                          {".bin", "application/octet-stream"},
                                          {".jpg", "image/jpeg"},
                                          {".jpeg", "image/jpeg"},
                                          {".png", "image/png"}}};

/// Row `index` on memory of its own.
Inputs RowOf(const DecodedRows& rows, int64_t index) {
    Inputs row;
    for (const Tensor& tensor : rows.tensors) {
        Shape shape = tensor.Dims();
        if (rows.count > 1) shape[0] = 1;
        Tensor copy(tensor.Type(), std::move(shape));
        std::memcpy(
            copy.MutableData(),
            static_cast<const char*>(tensor.Data()) + static_cast<size_t>(index) * copy.Bytes(),
            copy.Bytes());
        row.push_back(std::move(copy));
    }
    return row;
}

}  // namespace

core::Result<std::vector<Inputs>> ReadSamples(const std::string& folder, const BodyDecoder& decoder,
                                              size_t most) {
    std::vector<Inputs> samples;
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored)) return samples;
    GYRE_ASSIGN(const auto names, core::RealFileSystem().List(folder));
    for (const std::string& name : names) {
        for (const Ending& known : kEndings) {
            if (!name.ends_with(known.ending)) continue;
            GYRE_ASSIGN(std::string body,
                        core::ReadFile(core::RealFileSystem(), fs::path(folder) / name));
            auto rows = decoder.Decode(std::move(body), known.content_type);
            if (!rows) return core::Fail(std::move(rows.error()).In("sample " + name));
            for (int64_t i = 0; i < rows->count && samples.size() < most; ++i) {
                samples.push_back(RowOf(*rows, i));
            }
        }
        if (samples.size() >= most) break;
    }
    return samples;
}

std::vector<Inputs> MadeUpSamples(const std::vector<TensorSpec>& inputs) {
    std::vector<Inputs> samples;
    for (uint32_t seed = 1; seed <= kMadeUp; ++seed) {
        samples.push_back(GenerateRows(inputs, 1, seed));
    }
    return samples;
}

std::vector<Inputs> Alike(const std::vector<Inputs>& samples, size_t most) {
    std::vector<Inputs> alike;
    for (const Inputs& sample : samples) {
        bool same = alike.size() < most;
        for (size_t i = 0; same && i < sample.size(); ++i) {
            same = sample[i].Dims() == samples[0][i].Dims() &&
                   sample[i].Type() == samples[0][i].Type();
        }
        if (same) alike.push_back(sample);
    }
    return alike;
}

std::vector<Inputs> SamplesToStack(const std::vector<Inputs>& samples,
                                   const std::vector<TensorSpec>& inputs) {
    auto rows = Alike(samples, 3);
    if (rows.size() >= 2) return rows;
    return {GenerateRows(inputs, 1, 1), GenerateRows(inputs, 1, 2)};
}

}  // namespace gyre::engine
