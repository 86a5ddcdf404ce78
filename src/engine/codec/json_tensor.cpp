#include "engine/codec/json_tensor.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "engine/codec/element_types.h"

namespace gyre::engine {
namespace {

using core::Code;
using core::Fail;

/// Reads the grammar that tensors need of JSON (RFC 8259), forward only.
class TensorReader {
  public:
    explicit TensorReader(std::string_view text)
        : start_(text.data()), at_(text.data()), end_(text.data() + text.size()) {}

    tl::unexpected<core::Error> Bad(const std::string& why) const {
        return Fail(Code::kInvalidArgument,
                    "the JSON body at byte " + std::to_string(at_ - start_) + ": " + why);
    }
    char Peek() {
        while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
        return at_ < end_ ? *at_ : '\0';
    }
    bool Take(char wanted) {
        if (Peek() != wanted || at_ == end_) return false;
        ++at_;
        return true;
    }
    bool AtEnd() {
        Peek();
        return at_ == end_;
    }
    /// A member's name; one with an escape is none of ours.
    std::optional<std::string_view> Name() {
        if (!Take('"')) return std::nullopt;
        const char* name = at_;
        while (at_ < end_ && *at_ != '"' && *at_ != '\\') ++at_;
        if (at_ == end_ || *at_ == '\\') return std::nullopt;
        return std::string_view(name, static_cast<size_t>(at_++ - name));
    }
    /// One number into `into`; false when there is none that T holds.
    template <typename T>
    bool Number(T& into) {
        const char first = Peek();
        if (first == 't' || first == 'f') {
            const bool value = first == 't';
            if (!Word(value ? "true" : "false")) return false;
            into = T(value ? 1 : 0);
            return true;
        }
        if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
            const auto [stop, error] = std::from_chars(at_, end_, into);
            if (error == std::errc() && (stop == end_ || !IsFraction(*stop)) && !LeadingZero()) {
                at_ = stop;
                return true;
            }
        }
        double value = 0;
        if (!Double(value)) return false;
        if constexpr (std::is_integral_v<T>) {
            const double least = static_cast<double>(std::numeric_limits<T>::min());
            const double end = std::ldexp(1.0, std::numeric_limits<T>::digits);
            if (!(value >= least && value < end) || value != std::trunc(value)) return false;
        }
        into = T(value);
        return true;
    }

  private:
    static bool IsFraction(char letter) { return letter == '.' || letter == 'e' || letter == 'E'; }
    bool Word(std::string_view word) {
        if (!std::string_view(at_, static_cast<size_t>(end_ - at_)).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }
    bool LeadingZero() const {
        const char* digit = at_ < end_ && *at_ == '-' ? at_ + 1 : at_;
        return digit + 1 < end_ && digit[0] == '0' && digit[1] >= '0' && digit[1] <= '9';
    }
    bool Double(double& value) {
        if (Word("NaN")) {
            value = std::numeric_limits<double>::quiet_NaN();
            return true;
        }
        if (Word("Infinity")) {
            value = HUGE_VAL;
            return true;
        }
        if (Word("-Infinity")) {
            value = -HUGE_VAL;
            return true;
        }
        // from_chars takes "inf", "nan" and ".5", which JSON does not.
        const char* digit = at_ < end_ && *at_ == '-' ? at_ + 1 : at_;
        if (digit == end_ || *digit < '0' || *digit > '9' || LeadingZero()) return false;
        const auto [stop, error] = std::from_chars(at_, end_, value);
        if (error != std::errc()) return false;
        at_ = stop;
        return true;
    }

    const char* start_;
    const char* at_;
    const char* end_;
};

/// Nested lists into dense rows: the first innermost list fixes the shape, all others must agree.
template <typename T>
core::Result<Tensor> ReadTensor(TensorReader& reader, const TensorSpec& input) {
    Shape shape;
    std::vector<T> values;
    std::vector<int64_t> counts;  // elements seen of each open list
    bool known = false;           // the depth, from the first number on
    const auto ragged = [&] {
        return reader.Bad("the lists are ragged: input '" + input.name +
                          "' needs lists of one length at each depth");
    };
    while (true) {
        // A value begins here.
        if (reader.Take('[')) {
            if (known && counts.size() == shape.size()) return ragged();
            if (counts.size() == kMostDimensions) return reader.Bad("more than 16 lists deep");
            counts.push_back(0);
            if (counts.size() > shape.size()) shape.push_back(-1);
            if (reader.Peek() != ']') continue;
            if (known && counts.size() != shape.size()) return ragged();
            known = true;  // an empty list is the innermost one
        } else {
            if (known && counts.size() != shape.size()) return ragged();
            known = true;
            T value{};
            if (!reader.Number(value)) {
                return reader.Bad("a number of the type " + std::string(DataTypeName(input.type)) +
                                  " is expected for '" + input.name + "'");
            }
            values.push_back(value);
            if (counts.empty()) break;
            ++counts.back();
        }
        // A value has ended: close the lists that end with it.
        while (!counts.empty() && reader.Take(']')) {
            int64_t& size = shape[counts.size() - 1];
            if (size < 0) size = counts.back();
            if (size != counts.back()) return ragged();
            counts.pop_back();
            if (!counts.empty()) ++counts.back();
        }
        if (counts.empty()) break;
        if (!reader.Take(',')) return reader.Bad("',' or ']' is expected");
    }
    for (int64_t& size : shape) size = std::max<int64_t>(size, 0);
    Tensor tensor(input.type, shape);
    GYRE_CHECK(static_cast<size_t>(ElementCount(shape)) == values.size());
    if constexpr (std::is_same_v<T, bool>) {
        std::copy(values.begin(), values.end(), static_cast<bool*>(tensor.MutableData()));
    } else if (!values.empty()) {
        std::memcpy(tensor.MutableData(), values.data(), tensor.Bytes());
    }
    return tensor;
}

core::Result<Tensor> ReadInput(TensorReader& reader, const TensorSpec& input) {
    return VisitElementType(input.type,
                            [&]<typename T>(TypeTag<T>) { return ReadTensor<T>(reader, input); });
}

core::Result<std::vector<Tensor>> ReadNamed(TensorReader& reader,
                                            std::span<const TensorSpec> inputs) {
    std::vector<std::optional<Tensor>> found(inputs.size());
    while (!reader.Take('}')) {
        const auto name = reader.Name();
        if (!name || !reader.Take(':')) return reader.Bad("a member of \"inputs\" is expected");
        size_t index = 0;
        while (index < inputs.size() && inputs[index].name != *name) ++index;
        if (index == inputs.size()) {
            return reader.Bad("the model has no input '" + std::string(*name) + "'");
        }
        if (found[index]) return reader.Bad("input '" + std::string(*name) + "' comes twice");
        GYRE_ASSIGN(found[index], ReadInput(reader, inputs[index]));
        if (!reader.Take(',') && reader.Peek() != '}') return reader.Bad("',' or '}' is expected");
    }
    std::vector<Tensor> tensors;
    for (size_t i = 0; i < inputs.size(); ++i) {
        if (!found[i]) return reader.Bad("input '" + inputs[i].name + "' is missing");
        tensors.push_back(std::move(*found[i]));
    }
    return tensors;
}

/// Of a model with one input; it goes without a name.
core::Status ReadOnlyInput(TensorReader& reader, std::span<const TensorSpec> inputs,
                           JsonTensors& result) {
    if (inputs.size() != 1) {
        return reader.Bad(
            "the model has several inputs: {\"inputs\": {name: list, …}} is expected");
    }
    GYRE_ASSIGN(Tensor tensor, ReadInput(reader, inputs[0]));
    result.tensors.push_back(std::move(tensor));
    return {};
}

core::Status ReadEnvelope(TensorReader& reader, std::span<const TensorSpec> inputs,
                          JsonTensors& result) {
    const auto name = reader.Name();
    if (!name || !reader.Take(':') || (*name != "instances" && *name != "inputs")) {
        return reader.Bad("a list, {\"instances\": …} or {\"inputs\": …} is expected");
    }
    result.envelope = *name == "inputs" ? JsonEnvelope::kInputs : JsonEnvelope::kInstances;
    if (*name == "inputs" && reader.Take('{')) {
        GYRE_ASSIGN(result.tensors, ReadNamed(reader, inputs));
    } else {
        GYRE_TRY(ReadOnlyInput(reader, inputs, result));
    }
    if (!reader.Take('}')) return reader.Bad("'}' is expected");
    return {};
}

template <typename T>
void AppendNumber(std::string& text, T value) {
    char buffer[40];
    char* end = buffer;
    if constexpr (std::is_same_v<T, bool>) {
        text += value ? "true" : "false";
        return;
    } else if constexpr (std::is_integral_v<T>) {
        end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
    } else {
        const auto number = [&] {
            if constexpr (std::is_same_v<T, double>)
                return value;
            else
                return static_cast<float>(static_cast<double>(value));
        }();
        if (std::isnan(number)) {
            text += "NaN";
            return;
        }
        if (std::isinf(number)) {
            text += number < 0 ? "-Infinity" : "Infinity";
            return;
        }
        end = std::to_chars(buffer, buffer + sizeof(buffer), number).ptr;
        const std::string_view digits(buffer, static_cast<size_t>(end - buffer));
        if (digits.find_first_of(".e") == std::string_view::npos) {
            *end++ = '.';  // so that readers see a float
            *end++ = '0';
        }
    }
    text.append(buffer, end);
}

template <typename T>
const T* AppendList(std::string& text, const Shape& shape, size_t axis, const T* values) {
    if (axis == shape.size()) {
        AppendNumber(text, *values);
        return values + 1;
    }
    text += '[';
    for (int64_t i = 0; i < shape[axis]; ++i) {
        if (i > 0) text += ',';
        values = AppendList(text, shape, axis + 1, values);
    }
    text += ']';
    return values;
}

}  // namespace

core::Result<JsonTensors> ParseJsonTensors(std::string_view text,
                                           std::span<const TensorSpec> inputs) {
    TensorReader reader(text);
    JsonTensors result;
    if (reader.Take('{')) {
        GYRE_TRY(ReadEnvelope(reader, inputs, result));
    } else {
        GYRE_TRY(ReadOnlyInput(reader, inputs, result));
    }
    if (!reader.AtEnd()) return reader.Bad("something follows the value");
    return result;
}

void AppendJson(std::string& text, const Tensor& tensor) {
    VisitElementType(tensor.Type(), [&]<typename T>(TypeTag<T>) {
        text.reserve(text.size() + static_cast<size_t>(ElementCount(tensor.Dims())) * 12);
        AppendList(text, tensor.Dims(), 0, tensor.As<T>());
    });
}

}  // namespace gyre::engine
