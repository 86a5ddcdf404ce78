#include "transform/data_processing.h"

#include <utility>

#include "core/digest.h"
#include "serving/action_support.h"
#include "serving/names.h"
#include "transform/csv_row.h"
#include "transform/record_format.h"

namespace gyre::transform {
namespace {

using core::Code;
using core::Json;
using core::Result;
using serving::NameIn;
using serving::Validation;

constexpr size_t kKeptPiece = 256 << 10;

// Takes the next line off the front.
std::optional<std::string_view> NextLine(std::string_view& text) {
    const auto scan = ScanRecord(SplitType::kLine, text, true);
    if (!scan || scan->found != Scan::Found::kRecord) return std::nullopt;
    const std::string_view line = text.substr(scan->skip, scan->size);
    text.remove_prefix(scan->next);
    return line;
}

size_t LinesIn(std::string_view text) {
    size_t lines = 0;
    while (NextLine(text)) lines++;
    return lines;
}

Result<std::string> TakeColumns(const JsonPath& path, const std::vector<std::string_view>& row) {
    GYRE_ASSIGN(const std::vector<size_t> columns, path.Columns(row.size()));
    std::string text;
    for (const size_t& column : columns) {
        if (&column != columns.data()) text += ',';
        text.append(row[column]);
    }
    return text;
}

Result<Json> Parsed(std::string_view text, std::string_view what) {
    auto json = core::ParseJson(text);
    if (!json) return core::Fail(std::move(json.error()).In(what));
    return json;
}

Result<JsonPath> PathIn(const Json& processing, std::string_view member) {
    std::string text = NameIn(processing, member);
    if (text.empty()) text = "$";
    auto path = JsonPath::Parse(text);
    if (!path) return core::Fail(Validation(std::string(member) + ": " + path.error().message));
    return path;
}

std::string InferenceTime() {
    return core::Iso8601(core::SystemClock().WallNow()).substr(0, 19) + "Z";  // to the second
}

}  // namespace

Result<DataProcessing> DataProcessing::Read(const Json& request) {
    DataProcessing all;
    if (const Json* processing = core::JsonFind(request, "DataProcessing")) {
        GYRE_ASSIGN(all.input_, PathIn(*processing, "InputFilter"));
        GYRE_ASSIGN(all.output_, PathIn(*processing, "OutputFilter"));
        all.join_ = NameIn(*processing, "JoinSource") == "Input";
    }
    if (const Json* capture = core::JsonFind(request, "DataCaptureConfig")) {
        all.identify_ = core::JsonBool(*capture, "GenerateInferenceId").value_or(false);
    }
    if (!all.ChangesInput() && !all.ChangesOutput()) return all;

    const Json& input = *core::JsonFind(request, "TransformInput");
    const std::string split = NameIn(input, "SplitType");
    if (split == "RecordIO" || split == "TFRecord") {
        return core::Fail(
            Validation("DataProcessing needs records of text: SplitType must be None or Line."));
    }
    const std::string given = NameIn(input, "ContentType");
    const std::string type = given.substr(0, given.find(';'));
    if (type == "text/csv") {
        all.form_ = Form::kCsv;
    } else if (type == "application/jsonlines") {
        all.form_ = Form::kJsonLines;
    } else if (type != "application/json") {
        return core::Fail(
            Validation("DataProcessing needs a ContentType of text/csv, "
                       "application/json or application/jsonlines, not \"" +
                       given + "\"."));
    }
    all.by_lines_ = all.form_ != Form::kJson || split == "Line";
    if (all.form_ == Form::kCsv && !(all.input_.TakesColumns() && all.output_.TakesColumns())) {
        return core::Fail(Validation("A filter of text/csv takes columns by number: $[0,2:]."));
    }
    return all;
}

Result<std::string> DataProcessing::InputLine(std::string_view line) const {
    if (form_ == Form::kCsv) {
        GYRE_ASSIGN(const auto row, CsvFields(line));
        return TakeColumns(input_, row);
    }
    GYRE_ASSIGN(const Json json, Parsed(line, "the input record"));
    GYRE_ASSIGN(const Json taken, input_.Take(json));
    return core::JsonText(taken);
}

Result<std::string> DataProcessing::Input(std::string_view record) const {
    if (!ChangesInput()) return std::string(record);
    if (!by_lines_) return InputLine(record);
    std::string text;
    while (const auto line = NextLine(record)) {
        GYRE_ASSIGN(const std::string taken, InputLine(*line));
        if (!text.empty()) text += '\n';
        text += taken;
    }
    return text;
}

Result<std::string> DataProcessing::JoinJson(std::string_view record,
                                             std::string_view answer) const {
    GYRE_ASSIGN(Json said, Parsed(answer, "the model's answer"));
    if (join_) {
        GYRE_ASSIGN(Json joined, Parsed(record, "the input record"));
        if (!joined.is_object()) {
            joined = core::JsonObject{{"SageMakerInput", std::move(joined)}};
        }
        joined.as_object()["SageMakerOutput"] = std::move(said);
        said = std::move(joined);
    }
    GYRE_ASSIGN(Json taken, output_.Take(said));
    if (identify_) {
        if (!taken.is_object()) taken = core::JsonObject{{"SageMakerOutput", std::move(taken)}};
        taken.as_object()["SageMakerInferenceId"] = core::RandomUuid();
        taken.as_object()["SageMakerInferenceTime"] = InferenceTime();
    }
    return core::JsonText(taken);
}

Result<std::string> DataProcessing::Join(std::string_view record, std::string_view answer) const {
    if (form_ != Form::kCsv) return JoinJson(record, answer);
    GYRE_ASSIGN(auto row, CsvFields(answer));
    if (join_) {
        GYRE_ASSIGN(auto joined, CsvFields(record));
        joined.insert(joined.end(), row.begin(), row.end());
        row = std::move(joined);
    }
    GYRE_ASSIGN(std::string text, TakeColumns(output_, row));
    if (identify_) text.append(",").append(core::RandomUuid()).append(",").append(InferenceTime());
    return text;
}

core::Status DataProcessing::Output(std::string_view records, std::string_view answer,
                                    const Keep& keep) const {
    if (!by_lines_) {
        GYRE_ASSIGN(std::string document, JoinJson(records, answer));
        return keep(std::move(document));
    }
    const size_t sent = LinesIn(records);
    const size_t answers = LinesIn(answer);
    if (answers != sent) {
        return core::Fail(Code::kInvalidArgument,
                          "the model answered with " + std::to_string(answers) + " lines for " +
                              std::to_string(sent) + " records, which cannot be told apart");
    }
    std::string piece;
    while (const auto record = NextLine(records)) {
        // A model that means ill may still change it: one look at it counts.
        const std::string answered(NextLine(answer).value_or(""));
        GYRE_ASSIGN(const std::string line, Join(*record, answered));
        piece.append(line).append("\n");
        if (piece.size() >= kKeptPiece) GYRE_TRY(keep(std::exchange(piece, {})));
    }
    return piece.empty() ? core::Status() : keep(std::move(piece));
}

}  // namespace gyre::transform
