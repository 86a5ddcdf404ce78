// A transform job's filters and joins: the path is the first line, a record the second, an answer
// the rest. Columns that a path takes of a row are columns of that row.
#include <cstddef>
#include <cstdint>

#include <boost/json.hpp>

#include "transform/csv_row.h"
#include "transform/data_processing.h"
#include "transform/manifest.h"

using namespace gyre;

namespace {

void Process(const char* type, std::string_view path, std::string_view record,
             std::string_view answer) {
    core::JsonObject request{
        {"TransformInput", core::JsonObject{{"ContentType", type}, {"SplitType", "Line"}}},
        {"DataProcessing", core::JsonObject{{"InputFilter", std::string(path)},
                                            {"JoinSource", "Input"},
                                            {"OutputFilter", std::string(path)}}}};
    const auto processing = transform::DataProcessing::Read(request);
    if (!processing) return;
    (void)processing->Input(record);
    (void)processing->Output(record, answer, [](const std::string&) { return core::Status(); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const size_t first = std::min(text.find('\n'), text.size());
    const std::string_view path = text.substr(0, first);
    const std::string_view rest = text.substr(std::min(first + 1, text.size()));
    const size_t second = std::min(rest.find('\n'), rest.size());
    const std::string_view record = rest.substr(0, second);
    const std::string_view answer = rest.substr(std::min(second + 1, rest.size()));
    if (const auto parsed = transform::JsonPath::Parse(path); parsed && parsed->TakesColumns()) {
        if (const auto row = transform::CsvFields(record)) {
            const auto columns = parsed->Columns(row->size());
            if (columns) {
                for (const size_t column : *columns) {
                    if (column >= row->size()) __builtin_trap();
                }
            }
        }
    }
    for (const char* type : {"text/csv", "application/json", "application/jsonlines"}) {
        Process(type, path, record, answer);
    }
    (void)transform::ParseManifest(text);
    (void)transform::ParseAugmentedLine(record);
    return 0;
}
