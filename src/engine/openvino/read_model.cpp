#include "engine/openvino/read_model.h"

#include <openvino/frontend/manager.hpp>

#include <fstream>

#include "engine/openvino/types.h"

namespace gyre::engine::openvino {
namespace {

using core::Code;
using core::Fail;
using core::Result;
using core::Status;

/// The number of the input that `spec` describes, by name or else by place.
Result<size_t> IndexOf(const ov::Model& model, const TensorSpec& spec, size_t place) {
    const auto& inputs = model.inputs();
    if (spec.name.empty() && place < inputs.size()) return place;
    for (size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i].get_names().count(spec.name) > 0) return i;
    }
    // Conversions rename inputs: a list that is complete goes by place.
    if (place < inputs.size()) return place;
    return Fail(Code::kInvalidArgument,
                "gyre.json names the input '" + spec.name + "', which the model does not have");
}

Status ApplyShapes(ov::Model& model, const ModelSettings& settings) {
    std::map<size_t, ov::PartialShape> shapes;
    for (size_t i = 0; i < settings.inputs.size(); ++i) {
        GYRE_ASSIGN(const size_t index, IndexOf(model, settings.inputs[i], i));
        if (settings.inputs[i].shape.empty()) continue;
        const ov::PartialShape wanted = ToOpenVino(settings.inputs[i].shape);
        const ov::PartialShape own = model.input(index).get_partial_shape();
        if (!own.rank().compatible(wanted.rank())) {
            return Fail(Code::kInvalidArgument, "gyre.json gives an input of " +
                                                    wanted.to_string() + "; the model's is " +
                                                    own.to_string());
        }
        shapes[index] = wanted;
    }
    if (settings.image && !model.inputs().empty()) {
        const ImageSettings& image = *settings.image;
        const ov::Dimension batch = model.input(0).get_partial_shape().rank().is_static()
                                        ? model.input(0).get_partial_shape()[0]
                                        : ov::Dimension::dynamic();
        const ov::PartialShape pictures =
            image.channels_last
                ? ov::PartialShape{batch, image.height, image.width, image.ChannelCount()}
                : ov::PartialShape{batch, image.ChannelCount(), image.height, image.width};
        if (!model.input(0).get_partial_shape().compatible(pictures)) {
            return Fail(Code::kInvalidArgument, "\"image\" in gyre.json asks for an input of " +
                                                    pictures.to_string() + "; the model's is " +
                                                    model.input(0).get_partial_shape().to_string());
        }
        if (shapes.empty()) shapes[0] = pictures;
    }
    if (!shapes.empty()) model.reshape(shapes);
    return {};
}

void PrependPictures(std::shared_ptr<ov::Model>& model, const ImageSettings& image) {
    ov::preprocess::PrePostProcessor steps(model);
    auto& input = steps.input(0);
    input.tensor().set_element_type(ov::element::u8).set_layout("NHWC");
    input.model().set_layout(image.channels_last ? "NHWC" : "NCHW");
    const ov::element::Type own = model->input(0).get_element_type();
    input.preprocess().convert_element_type(ov::element::f32);
    if (!image.mean.empty()) input.preprocess().mean(image.mean);
    if (!image.scale.empty()) input.preprocess().scale(image.scale);
    if (own != ov::element::f32) input.preprocess().convert_element_type(own);
    model = steps.build();
}

/// By its ending: left to itself, OpenVINO tries every format that it knows on a damaged file.
Result<std::shared_ptr<ov::Model>> ReadFile(ov::Core& core, const std::filesystem::path& file) {
    if (file.extension() == ".onnx") {
        ov::frontend::FrontEndManager formats;
        const auto onnx = formats.load_by_framework("onnx");
        return onnx->convert(onnx->load(file.string()));
    }
    std::string start(256, '\0');
    std::ifstream(file).read(start.data(), static_cast<std::streamsize>(start.size()));
    if (start.find("<?xml") == std::string::npos && start.find("<net") == std::string::npos) {
        return Fail(Code::kInvalidArgument,
                    file.filename().string() + " cannot be read: it does not begin as XML does");
    }
    return core.read_model(file.string());
}

}  // namespace

Result<std::shared_ptr<ov::Model>> ReadModel(ov::Core& core, const std::filesystem::path& file,
                                             const ModelSettings& settings) try {
    GYRE_ASSIGN(std::shared_ptr<ov::Model> model, ReadFile(core, file));
    if (model->inputs().empty() || model->outputs().empty()) {
        return Fail(Code::kInvalidArgument, file.filename().string() + " has no inputs or outputs");
    }
    GYRE_TRY(ApplyShapes(*model, settings));
    if (settings.image) {
        if (model->inputs().size() != 1) {
            return Fail(Code::kInvalidArgument,
                        "\"image\" in gyre.json is for models of one input; this has " +
                            std::to_string(model->inputs().size()));
        }
        PrependPictures(model, *settings.image);
    }
    return model;
} catch (const std::exception& error) {
    return Fail(Code::kInvalidArgument,
                file.filename().string() + " cannot be read: " + Reason(error));
}

bool FreeBatch(const std::shared_ptr<ov::Model>& model) {
    std::map<size_t, ov::PartialShape> before;
    std::map<size_t, ov::PartialShape> freed;
    for (size_t i = 0; i < model->inputs().size(); ++i) {
        ov::PartialShape shape = model->input(i).get_partial_shape();
        if (shape.rank().is_dynamic() || shape.size() == 0) return false;
        before[i] = shape;
        if (shape[0].is_static() && shape[0].get_length() != 1) return false;
        shape[0] = ov::Dimension::dynamic();
        freed[i] = shape;
    }
    try {
        model->reshape(freed);
        for (const auto& output : model->outputs()) {
            const ov::PartialShape& shape = output.get_partial_shape();
            if (shape.rank().is_dynamic() || shape.size() == 0 || shape[0].is_static()) {
                model->reshape(before);
                return false;
            }
        }
        return true;
    } catch (const std::exception&) {
        model->reshape(before);
        return false;
    }
}

}  // namespace gyre::engine::openvino
