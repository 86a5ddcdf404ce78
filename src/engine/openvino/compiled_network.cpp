#include "engine/openvino/compiled_network.h"

#include <chrono>

#include "engine/openvino/types.h"

namespace gyre::engine::openvino {
namespace {

using core::Code;
using core::Fail;
using core::Result;

/// Handing a computation to the engine's own thread costs some 20 µs. What takes longer is handed
/// over all the same: the threads that help with it stay with the thread that started it, and lose
/// much of their time in moving where callers take turns.
constexpr std::chrono::milliseconds kHandOver{1};

}  // namespace

/// A request of each way of computing, and the inputs of the next one.
class CompiledNetwork::OpenVinoSession final : public Session {
  public:
    explicit OpenVinoSession(CompiledNetwork& network)
        : network_(network), own_(network.inputs_.size()), given_(network.inputs_.size()) {
        for (const TensorSpec& input : network.inputs_) types_.push_back(ToOpenVino(input.type));
        wide_ = Requests(network.wide_);
        if (network.lanes_ > 1) narrow_ = Requests(network.narrow_);
        current_ = &wide_.at(kAnyRows);
    }

    Result<void*> Input(size_t index, DataType, const Shape& shape) override try {
        const ov::Shape wanted = ToStatic(shape);
        ov::Tensor& tensor = own_[index];
        if (!tensor)
            tensor = ov::Tensor(types_[index], wanted);
        else if (tensor.get_shape() != wanted)
            tensor.set_shape(wanted);  // keeps larger memory
        given_[index] = tensor;
        return tensor.data();
    } catch (const std::exception& error) {
        return Fail(Code::kInvalidArgument, Reason(error));
    }

    core::Status Borrow(size_t index, const Tensor& tensor) override try {
        // OpenVINO does not write to inputs.
        given_[index] =
            ov::Tensor(types_[index], ToStatic(tensor.Dims()), const_cast<void*>(tensor.Data()));
        return {};
    } catch (const std::exception& error) {
        return Fail(Code::kInvalidArgument, Reason(error));
    }

    core::Status Infer() override {
        const bool alone = network_.computing_.fetch_add(1) == 0;
        auto done = Compute(alone || narrow_.empty() ? wide_ : narrow_);
        network_.computing_.fetch_sub(1);
        return done;
    }

    size_t OutputCount() const override { return network_.outputs_.size(); }

    Result<Tensor> Output(size_t index) override try {
        const ov::Tensor tensor = current_->request.get_output_tensor(index);
        return Tensor(network_.outputs_[index].type, FromStatic(tensor.get_shape()), nullptr,
                      tensor.data());
    } catch (const std::exception& error) {
        return Fail(Code::kInternal, Reason(error));
    }

  private:
    struct Plan {
        ov::InferRequest request;
        bool is_long = false;  ///< by its last run
    };
    using Plans = std::map<int64_t, Plan>;  // by rows

    static Plans Requests(std::map<int64_t, ov::CompiledModel>& compiled) {
        Plans plans;
        for (auto& [rows, model] : compiled) plans[rows].request = model.create_infer_request();
        return plans;
    }

    core::Status Compute(Plans& plans) try {
        const ov::Shape& first = given_[0].get_shape();
        auto plan = first.empty() ? plans.end() : plans.find(static_cast<int64_t>(first[0]));
        if (plan == plans.end()) plan = plans.find(kAnyRows);
        current_ = &plan->second;
        for (size_t i = 0; i < given_.size(); ++i) current_->request.set_input_tensor(i, given_[i]);
        const auto started = std::chrono::steady_clock::now();
        if (current_->is_long) {
            current_->request.start_async();
            current_->request.wait();
        } else {
            current_->request.infer();
        }
        current_->is_long = std::chrono::steady_clock::now() - started > kHandOver;
        return {};
    } catch (const std::exception& error) {
        return Fail(Code::kInvalidArgument, "the model cannot compute this: " + Reason(error));
    }

    CompiledNetwork& network_;
    Plans wide_;
    Plans narrow_;
    Plan* current_;
    std::vector<ov::element::Type> types_;
    std::vector<ov::Tensor> own_;
    std::vector<ov::Tensor> given_;  ///< own or borrowed
};

namespace {

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
    auto network = std::make_unique<CompiledNetwork>(core, model, options);
    const ov::CompiledModel compiled = network->CompileFor(kAnyRows, 1);
    GYRE_ASSIGN(network->inputs_, Describe(compiled.inputs(), "input"));
    GYRE_ASSIGN(network->outputs_, Describe(compiled.outputs(), "output"));
    network->wide_[kAnyRows] = compiled;
    return network;
} catch (const std::exception& error) {
    return Fail(Code::kInvalidArgument, "OpenVINO cannot compile the model: " + Reason(error));
}

CompiledNetwork::CompiledNetwork(ov::Core& core, std::shared_ptr<ov::Model> model,
                                 const CompileOptions& options)
    : core_(core), model_(std::move(model)), options_(options) {
}

ov::CompiledModel CompiledNetwork::CompileFor(int64_t rows, int lanes) {
    std::shared_ptr<ov::Model> model = model_;
    if (rows != kAnyRows) {
        std::map<size_t, ov::PartialShape> shapes;
        for (size_t i = 0; i < model->inputs().size(); ++i) {
            shapes[i] = model->input(i).get_partial_shape();
            shapes[i][0] = rows;
        }
        model = model->clone();
        model->reshape(shapes);
    }
    return core_.compile_model(
        model, "CPU", ov::num_streams(lanes), ov::inference_num_threads(options_.threads),
        ov::hint::inference_precision(options_.bf16 ? ov::element::bf16 : ov::element::f32),
        ov::hint::enable_cpu_pinning(false));
}

core::Status CompiledNetwork::UseLanes(int lanes) try {
    if (narrow_.empty()) narrow_[kAnyRows] = CompileFor(kAnyRows, lanes);
    lanes_ = lanes;
    return {};
} catch (const std::exception& error) {
    return Fail(Code::kInvalidArgument, Reason(error));
}

core::Status CompiledNetwork::CompileRows(int64_t rows) try {
    if (lanes_ > 1 && rows > 1)
        narrow_[rows] = CompileFor(rows, lanes_);
    else
        wide_[rows] = CompileFor(rows, 1);
    return {};
} catch (const std::exception& error) {
    return Fail(Code::kInvalidArgument, Reason(error));
}

Result<std::unique_ptr<Session>> CompiledNetwork::NewSession() try {
    return std::make_unique<OpenVinoSession>(*this);
} catch (const std::exception& error) {
    return Fail(Code::kInternal, "OpenVINO cannot make a request: " + Reason(error));
}

Result<std::vector<TensorSpec>> DescribeInputs(const ov::Model& model) {
    return Describe(model.inputs(), "input");
}

}  // namespace gyre::engine::openvino
