#include "host/warm_up.h"

#include <algorithm>

#include "core/log.h"

namespace gyre::host {
namespace {

using core::microseconds;
using core::SteadyTime;

constexpr core::seconds kBudget{3};
constexpr int kRunsOfASize = 4;
constexpr double kNoCheaper = 0.97;  // of the cost of a row at half the size

const char* NumpyType(engine::DataType type) {
    switch (type) {
        case engine::DataType::kBool:
            return "|b1";
        case engine::DataType::kUint8:
            return "|u1";
        case engine::DataType::kUint16:
            return "<u2";
        case engine::DataType::kUint32:
            return "<u4";
        case engine::DataType::kUint64:
            return "<u8";
        case engine::DataType::kInt8:
            return "|i1";
        case engine::DataType::kInt16:
            return "<i2";
        case engine::DataType::kInt32:
            return "<i4";
        case engine::DataType::kInt64:
            return "<i8";
        case engine::DataType::kFloat16:
            return "<f2";
        case engine::DataType::kFloat32:
            return "<f4";
        case engine::DataType::kFloat64:
            return "<f8";
        case engine::DataType::kBFloat16:
            return nullptr;
    }
    return nullptr;
}

/// Zeros as an .npy file (NEP 1, version 1.0); "" where the type has no numpy name.
std::string NumpyZeros(engine::DataType type, const engine::Shape& shape) {
    const char* name = NumpyType(type);
    if (name == nullptr) return "";
    std::string header =
        std::string("{'descr': '") + name + "', 'fortran_order': False, 'shape': (";
    for (const int64_t dimension : shape) header += std::to_string(dimension) + ", ";
    header.resize(header.size() - (shape.size() == 1 ? 1 : 2));  // (3,) and (3, 4), as numpy does
    header += "), }";
    constexpr size_t kPrefix = 10;
    header.append(63 - (kPrefix + header.size()) % 64, ' ');
    header += '\n';
    std::string file("\x93NUMPY\x01\x00", 8);
    file += static_cast<char>(header.size() & 0xFF);
    file += static_cast<char>(header.size() >> 8);
    file += header;
    file.append(static_cast<size_t>(engine::ElementCount(shape)) * engine::ByteSize(type), '\0');
    return file;
}

/// "" where the model does not say enough of itself.
std::string SampleBody(const engine::ModelInfo& info) {
    if (info.inputs.size() != 1 || info.inputs[0].shape.empty()) return "";
    engine::Shape shape = info.inputs[0].shape;
    shape[0] = std::max<int64_t>(1, shape[0]);
    constexpr int64_t kMostElements = 1 << 24;
    for (const int64_t dimension : shape) {
        if (dimension <= 0 || dimension > kMostElements) return "";
    }
    if (engine::ElementCount(shape) > kMostElements) return "";
    return NumpyZeros(info.inputs[0].type, shape);
}

}  // namespace

void WarmUp(engine::Model& model, Batcher& batcher, const core::Clock& clock) {
    const std::string body = SampleBody(model.Info());
    if (body.empty()) return;
    const SteadyTime end = clock.Now() + kBudget;
    const int most = model.Info().batches ? batcher.Limits().max_rows : 1;
    double row_cost = 0;
    for (int size = 1, worse = 0; size <= most && worse < 2; size *= 2) {
        double least = 0;
        for (int run = 0; run < kRunsOfASize; run++) {
            std::vector<std::unique_ptr<engine::Prepared>> batch;
            int rows = 0;
            for (int i = 0; i < size; i++) {
                auto prepared = model.Prepare({.id = "warm-up",
                                               .body = body,
                                               .content_type = "application/x-npy",
                                               .accept = "application/json"});
                if (!prepared) {
                    return core::LogDebug("no warm-up", {{"reason", prepared.error().message}});
                }
                rows += (*prepared)->Rows();
                batch.push_back(std::move(*prepared));
            }
            const SteadyTime started = clock.Now();
            const auto replies = model.Run(batch, end + kBudget);
            const auto took = std::chrono::duration_cast<microseconds>(clock.Now() - started);
            for (const auto& reply : replies) {
                if (reply) continue;
                return core::LogWarning("zeros do not pass the model; it is not warmed up",
                                        {{"reason", reply.error().message}});
            }
            batcher.Learn(rows, took);
            const double cost = static_cast<double>(took.count()) / rows;
            least = run == 0 ? cost : std::min(least, cost);
            if (clock.Now() >= end) return;
        }
        worse = size > 1 && least > row_cost * kNoCheaper ? worse + 1 : 0;
        row_cost = least;
    }
}

}  // namespace gyre::host
