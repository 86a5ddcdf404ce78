#include "engine/openvino/compiled_network.h"

#include "engine/openvino/types.h"

namespace gyre::engine::openvino {
namespace {

using core::Code;
using core::Fail;
using core::Result;

/// An inference request and the memory of its inputs.
class OpenVinoSession final : public Session {
  public:
    OpenVinoSession(ov::InferRequest request, const std::vector<TensorSpec>& inputs,
                    std::vector<DataType> outputs)
        : request_(std::move(request)), own_(inputs.size()), outputs_(std::move(outputs)) {
        for (const TensorSpec& input : inputs) types_.push_back(ToOpenVino(input.type));
    }

    Result<void*> Input(size_t index, DataType, const Shape& shape) override try {
        const ov::Shape wanted = ToStatic(shape);
        ov::Tensor& tensor = own_[index];
        if (!tensor)
            tensor = ov::Tensor(types_[index], wanted);
        else if (tensor.get_shape() != wanted)
            tensor.set_shape(wanted);  // keeps larger memory
        request_.set_input_tensor(index, tensor);
        return tensor.data();
    } catch (const std::exception& error) {
        return Fail(Code::kInvalidArgument, Reason(error));
    }

    core::Status Borrow(size_t index, const Tensor& tensor) override try {
        // OpenVINO does not write to inputs.
        request_.set_input_tensor(index, ov::Tensor(types_[index], ToStatic(tensor.Dims()),
                                                    const_cast<void*>(tensor.Data())));
        return {};
    } catch (const std::exception& error) {
        return Fail(Code::kInvalidArgument, Reason(error));
    }

    core::Status Infer() override try {
        request_.infer();
        return {};
    } catch (const std::exception& error) {
        return Fail(Code::kInvalidArgument, "the model cannot compute this: " + Reason(error));
    }

    size_t OutputCount() const override { return outputs_.size(); }

    Result<Tensor> Output(size_t index) override try {
        const ov::Tensor tensor = request_.get_output_tensor(index);
        return Tensor(outputs_[index], FromStatic(tensor.get_shape()), nullptr, tensor.data());
    } catch (const std::exception& error) {
        return Fail(Code::kInternal, Reason(error));
    }

  private:
    ov::InferRequest request_;
    std::vector<ov::Tensor> own_;
    std::vector<ov::element::Type> types_;
    std::vector<DataType> outputs_;
};

/// A port may be without a name; then it goes by its number.
template <typename Ports>
Result<std::vector<TensorSpec>> Describe(const Ports& ports, const std::string& kind) {
    std::vector<TensorSpec> specs;
    for (size_t i = 0; i < ports.size(); ++i) {
        TensorSpec spec;
        spec.name =
            ports[i].get_names().empty() ? kind + std::to_string(i) : ports[i].get_any_name();
        auto type = FromOpenVino(ports[i].get_element_type());
        if (!type) return Fail(std::move(type.error()).In(kind + " '" + spec.name + "'"));
        spec.type = *type;
        spec.shape = FromOpenVino(ports[i].get_partial_shape());
        specs.push_back(std::move(spec));
    }
    return specs;
}

}  // namespace

Result<std::unique_ptr<CompiledNetwork>> CompiledNetwork::Compile(
    ov::Core& core, const std::shared_ptr<ov::Model>& model, const CompileOptions& options) try {
    auto network = std::make_unique<CompiledNetwork>();
    network->compiled_ = core.compile_model(
        model, "CPU", ov::num_streams(options.streams), ov::inference_num_threads(options.threads),
        ov::hint::inference_precision(options.bf16 ? ov::element::bf16 : ov::element::f32),
        ov::hint::enable_cpu_pinning(false));
    GYRE_ASSIGN(network->inputs_, Describe(network->compiled_.inputs(), "input"));
    GYRE_ASSIGN(network->outputs_, Describe(network->compiled_.outputs(), "output"));
    return network;
} catch (const std::exception& error) {
    return Fail(Code::kInvalidArgument, "OpenVINO cannot compile the model: " + Reason(error));
}

Result<std::unique_ptr<Session>> CompiledNetwork::NewSession() try {
    std::vector<DataType> outputs;
    for (const TensorSpec& output : outputs_) outputs.push_back(output.type);
    return std::make_unique<OpenVinoSession>(compiled_.create_infer_request(), inputs_,
                                             std::move(outputs));
} catch (const std::exception& error) {
    return Fail(Code::kInternal, "OpenVINO cannot make a request: " + Reason(error));
}

Result<std::vector<TensorSpec>> DescribeInputs(const ov::Model& model) {
    return Describe(model.inputs(), "input");
}

}  // namespace gyre::engine::openvino
