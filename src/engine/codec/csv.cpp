#include "engine/codec/csv.h"

#include <charconv>
#include <cstring>
#include <limits>
#include <vector>

#include "engine/codec/json_tensor.h"

namespace gyre::engine {
namespace {

std::string_view Trimmed(std::string_view text) {
    const size_t start = text.find_first_not_of(" \t\r");
    if (start == std::string_view::npos) return {};
    return text.substr(start, text.find_last_not_of(" \t\r") + 1 - start);
}

bool ReadField(std::string_view field, double& value) {
    field = Trimmed(field);
    if (field.empty()) {
        value = std::numeric_limits<double>::quiet_NaN();
        return true;
    }
    if (field.front() == '+') field.remove_prefix(1);
    const char* end = field.data() + field.size();
    const auto [stop, error] = std::from_chars(field.data(), end, value);
    return error == std::errc() && stop == end;
}

}  // namespace

core::Result<Tensor> ParseCsv(std::string_view text) {
    std::vector<double> values;
    size_t columns = 0;
    int64_t lines = 0;
    size_t number = 0;
    while (!text.empty()) {
        ++number;
        const size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = Trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty()) continue;
        const size_t before = values.size();
        while (true) {
            const size_t comma = line.find(',');
            double value = 0;
            if (!ReadField(line.substr(0, comma), value)) {
                return core::Fail(core::Code::kInvalidArgument,
                                  "the CSV body, line " + std::to_string(number) +
                                      ": a number is expected in each field");
            }
            values.push_back(value);
            if (comma == std::string_view::npos) break;
            line.remove_prefix(comma + 1);
        }
        const size_t count = values.size() - before;
        if (lines == 0) columns = count;
        if (count != columns) {
            return core::Fail(core::Code::kInvalidArgument,
                              "the CSV body, line " + std::to_string(number) + ": " +
                                  std::to_string(count) + " fields; the lines before have " +
                                  std::to_string(columns));
        }
        ++lines;
    }
    if (lines == 0) return core::Fail(core::Code::kInvalidArgument, "the CSV body has no values");
    Shape shape{lines, static_cast<int64_t>(columns)};
    if (lines == 1) shape.erase(shape.begin());
    Tensor tensor(DataType::kFloat64, shape);
    std::memcpy(tensor.MutableData(), values.data(), tensor.Bytes());
    return tensor;
}

std::string CsvText(const Tensor& tensor) {
    const Shape& shape = tensor.Dims();
    const int64_t lines = shape.empty() ? 1 : shape[0];
    const int64_t columns = lines == 0 ? 0 : ElementCount(shape) / lines;
    const size_t line_bytes = static_cast<size_t>(columns) * ByteSize(tensor.Type());
    std::string text;
    for (int64_t line = 0; line < lines; ++line) {
        const auto* row =
            static_cast<const char*>(tensor.Data()) + static_cast<size_t>(line) * line_bytes;
        std::string list;
        AppendJson(list, Tensor(tensor.Type(), {columns}, nullptr, row));
        text.append(list, 1, list.size() - 2);  // without the brackets
        text += '\n';
    }
    return text;
}

}  // namespace gyre::engine
