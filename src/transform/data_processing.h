#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/result.h"
#include "transform/json_path.h"

namespace gyre::transform {

/// DataProcessing of a transform job: what of a record the model gets, and what of the record and
/// the model's answer is kept. In this order: InputFilter, the model, JoinSource, OutputFilter, and
/// the inference id of DataCaptureConfig. Pure but for the ids; works on records of text: CSV, JSON
/// Lines, or JSON documents.
class DataProcessing {
  public:
    /// None at all.
    DataProcessing() = default;
    /// Errors: "ValidationException" for a path that cannot be read, and for a content type or a
    /// split that has no records to process.
    [[nodiscard]] static core::Result<DataProcessing> Read(const core::Json& request);

    [[nodiscard]] bool ChangesInput() const { return !input_.IsRoot(); }
    /// Then the records that were sent are needed again when their answer is there.
    [[nodiscard]] bool ChangesOutput() const { return join_ || identify_ || !output_.IsRoot(); }

    /// What the model gets of `record`.
    [[nodiscard]] core::Result<std::string> Input(std::string_view record) const;
    /// Takes what is kept, piece by piece as it is made.
    using Keep = std::function<core::Status(std::string piece)>;
    /// What is kept, given the records as they were read, lines parted by '\n', and what the model
    /// answered: a line for each (without a newline after a lone JSON document). Errors: the model
    /// did not answer with one record for each, or a path does not fit; and those of `keep`.
    [[nodiscard]] core::Status Output(std::string_view records, std::string_view answer,
                                      const Keep& keep) const;

  private:
    enum class Form { kCsv, kJsonLines, kJson };

    [[nodiscard]] core::Result<std::string> InputLine(std::string_view line) const;
    [[nodiscard]] core::Result<std::string> Join(std::string_view record,
                                                 std::string_view answer) const;
    [[nodiscard]] core::Result<std::string> JoinJson(std::string_view record,
                                                     std::string_view answer) const;

    Form form_ = Form::kJson;
    bool by_lines_ = false;
    bool join_ = false;
    bool identify_ = false;  ///< an id and the time are added to what is kept of each record
    JsonPath input_;
    JsonPath output_;
};

}  // namespace gyre::transform
