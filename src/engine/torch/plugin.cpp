// The one file that includes libtorch: half a minute and more than a gigabyte to compile.
#include "engine/torch/plugin.h"

#include <ATen/Parallel.h>
#include <torch/script.h>

#include <array>
#include <cstring>
#include <filesystem>

namespace gyre::engine::torch_plugin {
namespace {

using core::Code;
using core::Fail;
using core::Result;

struct TypeRow {
    DataType ours;
    at::ScalarType theirs;
};
constexpr std::array<TypeRow, 10> kTypes{{{DataType::kBool, at::kBool},
                                          {DataType::kUint8, at::kByte},
                                          {DataType::kInt8, at::kChar},
                                          {DataType::kInt16, at::kShort},
                                          {DataType::kInt32, at::kInt},
                                          {DataType::kInt64, at::kLong},
                                          {DataType::kFloat16, at::kHalf},
                                          {DataType::kBFloat16, at::kBFloat16},
                                          {DataType::kFloat32, at::kFloat},
                                          {DataType::kFloat64, at::kDouble}}};

/// The last lines of a message: those above are the interpreter's stack.
std::string Reason(const std::exception& error) {
    const std::string text = error.what();
    std::string_view rest(text);
    while (!rest.empty() && rest.back() == '\n') rest.remove_suffix(1);
    return std::string(rest.size() > 600 ? rest.substr(rest.size() - 600) : rest);
}

Result<at::ScalarType> ToTorch(DataType type) {
    for (const TypeRow& row : kTypes) {
        if (row.ours == type) return row.theirs;
    }
    return Fail(Code::kInvalidArgument,
                "torch does not compute with " + std::string(DataTypeName(type)));
}

/// Tensors of a result, however nested, in order; false for other values.
bool Flatten(const c10::IValue& value, std::vector<at::Tensor>& into) {
    if (value.isTensor()) {
        into.push_back(value.toTensor());
    } else if (value.isTensorList()) {
        for (const at::Tensor& tensor : value.toTensorVector()) into.push_back(tensor);
    } else if (value.isTuple()) {
        for (const c10::IValue& item : value.toTupleRef().elements()) {
            if (!Flatten(item, into)) return false;
        }
    } else if (value.isList()) {
        for (const c10::IValue& item : value.toListRef()) {
            if (!Flatten(item, into)) return false;
        }
    } else if (value.isGenericDict()) {
        for (const auto& item : value.toGenericDict()) {
            if (!Flatten(item.value(), into)) return false;
        }
    } else {
        return false;
    }
    return true;
}

class TorchSession final : public Session {
  public:
    TorchSession(torch::jit::Module module, size_t inputs)
        : module_(std::move(module)), inputs_(inputs) {}

    Result<void*> Input(size_t index, DataType type, const Shape& shape) override try {
        GYRE_ASSIGN(const at::ScalarType scalar, ToTorch(type));
        inputs_[index] = at::empty(shape, scalar);
        return inputs_[index].data_ptr();
    } catch (const std::exception& error) {
        return Fail(Code::kInternal, Reason(error));
    }

    core::Status Borrow(size_t index, const Tensor& tensor) override {
        // A copy: a module may write to what it is given.
        GYRE_ASSIGN(void* const memory, Input(index, tensor.Type(), tensor.Dims()));
        std::memcpy(memory, tensor.Data(), tensor.Bytes());
        return {};
    }

    core::Status Infer() override try {
        const c10::InferenceMode guard;
        std::vector<c10::IValue> arguments(inputs_.begin(), inputs_.end());
        const c10::IValue result = module_.forward(std::move(arguments));
        outputs_.clear();
        if (!Flatten(result, outputs_)) {
            return Fail(Code::kInvalidArgument, "the model's answer is not made of tensors alone");
        }
        for (at::Tensor& output : outputs_) output = output.contiguous();
        return {};
    } catch (const std::exception& error) {
        return Fail(Code::kInvalidArgument, "the model cannot compute this: " + Reason(error));
    }

    size_t OutputCount() const override { return outputs_.size(); }

    Result<Tensor> Output(size_t index) override {
        const at::Tensor& output = outputs_[index];
        for (const TypeRow& row : kTypes) {
            if (row.theirs != output.scalar_type()) continue;
            return Tensor(row.ours, Shape(output.sizes().begin(), output.sizes().end()), nullptr,
                          output.data_ptr());
        }
        return Fail(Code::kInvalidArgument, std::string("outputs of the type ") +
                                                c10::toString(output.scalar_type()) +
                                                " are not served");
    }

  private:
    torch::jit::Module module_;
    std::vector<at::Tensor> inputs_;
    std::vector<at::Tensor> outputs_;
};

class TorchNetwork final : public Network {
  public:
    TorchNetwork(torch::jit::Module module, std::vector<TensorSpec> inputs)
        : module_(std::move(module)), inputs_(std::move(inputs)) {}
    const std::vector<TensorSpec>& Inputs() const override { return inputs_; }
    const std::vector<TensorSpec>& Outputs() const override { return outputs_; }
    Result<std::unique_ptr<Session>> NewSession() override {
        return std::make_unique<TorchSession>(module_, inputs_.size());
    }

  private:
    const torch::jit::Module module_;
    const std::vector<TensorSpec> inputs_;
    const std::vector<TensorSpec> outputs_;  // none are known before a run
};

/// The arguments that forward must be given, as `declared` or as anything.
Result<std::vector<TensorSpec>> InputsOf(const torch::jit::Module& module,
                                         const std::vector<TensorSpec>& declared) {
    std::vector<TensorSpec> inputs;
    const auto& arguments = module.get_method("forward").function().getSchema().arguments();
    for (size_t i = 1; i < arguments.size(); ++i) {  // the first is the module
        const size_t place = i - 1;
        if (arguments[i].default_value() && place >= declared.size()) continue;
        if (arguments[i].type()->kind() != c10::TypeKind::TensorType) {
            return Fail(Code::kInvalidArgument, "forward takes '" + arguments[i].name() +
                                                    "', which is no tensor but " +
                                                    arguments[i].type()->str());
        }
        TensorSpec spec{.name = arguments[i].name(), .any_type = true};
        if (place < declared.size()) spec = declared[place];
        if (spec.name.empty()) spec.name = arguments[i].name();
        inputs.push_back(std::move(spec));
    }
    if (inputs.size() < declared.size()) {
        return Fail(Code::kInvalidArgument, "gyre.json names " + std::to_string(declared.size()) +
                                                " inputs; forward takes " +
                                                std::to_string(inputs.size()));
    }
    if (inputs.empty()) return Fail(Code::kInvalidArgument, "forward takes no inputs");
    return inputs;
}

}  // namespace
}  // namespace gyre::engine::torch_plugin

extern "C" gyre::core::Result<std::unique_ptr<gyre::engine::Network>> GyreLoadTorchNetwork(
    const gyre::engine::torch_plugin::Order& order) try {
    using namespace gyre::engine::torch_plugin;
    at::set_num_threads(order.threads);
    const c10::InferenceMode guard;
    torch::jit::Module module = torch::jit::load(order.file, c10::kCPU);
    module.eval();
    GYRE_ASSIGN(auto inputs, InputsOf(module, order.inputs));
    return std::make_unique<TorchNetwork>(std::move(module), std::move(inputs));
} catch (const std::exception& error) {
    return gyre::core::Fail(gyre::core::Code::kInvalidArgument,
                            std::filesystem::path(order.file).filename().string() +
                                " cannot be loaded: " + gyre::engine::torch_plugin::Reason(error));
}
