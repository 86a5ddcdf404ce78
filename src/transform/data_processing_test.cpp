#include "transform/data_processing.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "transform/csv_row.h"

namespace gyre::transform {
namespace {

core::Result<DataProcessing> Read(const std::string& type, const std::string& split,
                                  const std::string& processing) {
    return DataProcessing::Read(*core::ParseJson(R"({"TransformInput": {"ContentType": ")" + type +
                                                 R"(", "SplitType": ")" + split +
                                                 R"("}, "DataProcessing": )" + processing + "}"));
}

DataProcessing Must(const std::string& type, const std::string& split,
                    const std::string& processing) {
    auto read = Read(type, split, processing);
    REQUIRE_MESSAGE(read, read.error().message);
    return std::move(*read);
}

core::Result<std::string> Output(const DataProcessing& processing, std::string_view records,
                                 std::string_view answer) {
    std::string all;
    GYRE_TRY(processing.Output(records, answer, [&](const std::string& piece) -> core::Status {
        all += piece;
        return {};
    }));
    return all;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("CSV fields keep their quotes") {
    using Fields = std::vector<std::string_view>;
    CHECK(CsvFields("a,b,c").value() == Fields{"a", "b", "c"});
    CHECK(CsvFields("").value() == Fields{""});
    CHECK(CsvFields(",").value() == Fields{"", ""});
    CHECK(CsvFields("a,\r").value() == Fields{"a", ""});
    CHECK(CsvFields(R"("a,b",c,"say ""hi"", you")").value() ==
          Fields{R"("a,b")", "c", R"("say ""hi"", you")"});
    for (const char* bad : {R"("a)", R"("a"b,c)", R"(a,"b"")"}) {
        CAPTURE(bad);
        CHECK_FALSE(CsvFields(bad));
    }
}

TEST_CASE("CSV: an identifier stays out of the model and comes back beside its answer") {
    const DataProcessing processing =
        Must("text/csv; charset=utf-8", "Line",
             R"({"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"})");
    CHECK(processing.Input("id-1,0.5,0.25").value() == "0.5,0.25");
    CHECK(Output(processing, "id-1,0.5,0.25\n\"id,2\",1,2", "0.9\n0.1\n").value() ==
          "id-1,0.9\n\"id,2\",0.1\n");
    CHECK(Output(processing, "id-1,0.5,0.25", "0.9,cat").value() == "id-1,cat\n");
    CHECK_FALSE(Output(processing, "a,1\nb,2", "0.9\n"));
    CHECK_FALSE(Output(processing, "a,1", "0.9\n0.8\n"));
}

TEST_CASE("much is kept in pieces of whole lines, and what keeps them may end it") {
    const DataProcessing processing = Must("text/csv", "Line", R"({"JoinSource": "Input"})");
    std::string records;
    for (int i = 0; i < 3 * 32'768; i++) records += "a,b\n";  // to the end of a piece
    size_t pieces = 0;
    size_t bytes = 0;
    CHECK(processing.Output(records, records, [&](const std::string& piece) -> core::Status {
        pieces++;
        bytes += piece.size();
        CHECK(piece.ends_with("a,b,a,b\n"));
        return {};
    }));
    CHECK(pieces == 3);
    CHECK(bytes == 2 * records.size());
    const auto ended = processing.Output(records, records, [&](const std::string&) -> core::Status {
        return core::Fail(core::Code::kResourceExhausted, "full");
    });
    CHECK(ended.error().message == "full");
}

TEST_CASE("an object that was not split is processed line for line") {
    const DataProcessing processing =
        Must("text/csv", "None", R"({"InputFilter": "$[1:]", "JoinSource": "Input"})");
    CHECK(processing.Input("a,1\nb,2\n").value() == "1\n2");
    CHECK(Output(processing, "a,1\nb,2\n", "x\ny").value() == "a,1,x\nb,2,y\n");
}

TEST_CASE("JSON: the answer is a member of the record, or of an object made for both") {
    const DataProcessing lines =
        Must("application/jsonlines", "Line", R"({"JoinSource": "Input"})");
    CHECK(Output(lines, "{\"a\": 1}\n[2]", "{\"score\":0.5}\n[0.25]\n").value() ==
          "{\"a\":1,\"SageMakerOutput\":{\"score\":0.5}}\n"
          "{\"SageMakerInput\":[2],\"SageMakerOutput\":[0.25]}\n");
    const DataProcessing document = Must("application/json", "None",
                                         R"({"InputFilter": "$.features", "JoinSource": "Input",
                 "OutputFilter": "$['id','SageMakerOutput']"})");
    CHECK(document.Input("{\"id\": 1,\n\"features\": [1, 2]}").value() == "[1,2]");
    CHECK(Output(document, "{\"id\": 1,\n\"features\": [1, 2]}", "\"cat\"\n").value() ==
          R"({"id":1,"SageMakerOutput":"cat"})");
    CHECK_FALSE(document.Input("{\"id\": 1}"));
    CHECK_FALSE(Output(document, R"({"id": 1})", "not json"));
}

TEST_CASE("without a join the output filter takes of the answer") {
    const DataProcessing processing =
        Must("application/jsonlines", "Line", R"({"OutputFilter": "$.score"})");
    CHECK(processing.ChangesOutput());
    CHECK_FALSE(processing.ChangesInput());
    CHECK(Output(processing, "{}", R"({"score": 2, "more": 3})").value() == "2\n");
}

TEST_CASE("an id and the time are added to what is kept of each record") {
    const auto read = [](const std::string& type, const std::string& processing) {
        return DataProcessing::Read(*core::ParseJson(
            R"({"TransformInput": {"ContentType": ")" + type + R"(", "SplitType": "Line"}, )" +
            processing + R"("DataCaptureConfig": {"GenerateInferenceId": true}})"));
    };
    const auto csv = read("text/csv", R"("DataProcessing": {"JoinSource": "Input"}, )");
    REQUIRE(csv);
    const std::string rows = Output(*csv, "a,1\nb,2", "0.9\n0.1\n").value();
    const std::string row = rows.substr(0, rows.find('\n'));
    CHECK(row.starts_with("a,1,0.9,"));
    CHECK(row.size() == std::string("a,1,0.9,").size() + 36 + 1 + 20);
    CHECK(row.ends_with("Z"));
    CHECK(rows.find(row.substr(8, 36), row.size()) == std::string::npos);  // each has its own

    const auto lines = read("application/jsonlines", "");
    REQUIRE(lines);
    CHECK(lines->ChangesOutput());
    const core::Json object =
        core::ParseJson(Output(*lines, "{}", R"({"score": 2})").value()).value();
    CHECK(object.at("score") == 2);
    CHECK(object.at("SageMakerInferenceId").as_string().size() == 36);
    CHECK(object.at("SageMakerInferenceTime").as_string().size() == 20);
    const core::Json number = core::ParseJson(Output(*lines, "{}", "0.5").value()).value();
    CHECK(number.at("SageMakerOutput") == 0.5);
    CHECK_FALSE(read("image/jpeg", ""));
}

TEST_CASE("what can have no records is refused, and nothing asked is nothing done") {
    CHECK_FALSE(Read("text/csv", "Line", R"({"InputFilter": "$.name"})"));
    CHECK_FALSE(Read("text/csv", "RecordIO", R"({"JoinSource": "Input"})"));
    CHECK_FALSE(Read("image/jpeg", "None", R"({"JoinSource": "Input"})"));
    CHECK_FALSE(Read("application/json", "None", R"({"InputFilter": "features"})"));
    const DataProcessing none = Must("image/jpeg", "None", R"({"InputFilter": "$"})");
    CHECK_FALSE(none.ChangesInput());
    CHECK_FALSE(none.ChangesOutput());
    CHECK_FALSE(Must("image/jpeg", "None", R"({"JoinSource": "None"})").ChangesOutput());
}

}  // namespace gyre::transform
