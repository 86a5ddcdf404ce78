#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/json.h"
#include "core/result.h"

namespace gyre::grpc {

/// The messages of the .proto files of this room, and their way to JSON and back: members have the
/// names of the fields. It reads the files when it is made, in some milliseconds. Thread-safe.
class Schema {
  public:
    Schema();
    ~Schema();
    Schema(const Schema&) = delete;
    Schema& operator=(const Schema&) = delete;

    /// `type`: "inference.ModelReadyRequest". What has its default value is not there; 64-bit
    /// numbers are strings. Errors: kInvalidArgument for bytes that are no such message.
    [[nodiscard]] core::Result<core::Json> ToJson(const std::string& type,
                                                  std::string_view message) const;
    /// Members that the message has not are left out. Errors: kInternal for JSON that does not fit.
    [[nodiscard]] core::Result<std::string> FromJson(const std::string& type,
                                                     const core::Json& json) const;

    /// A file's descriptor (google.protobuf.FileDescriptorProto, serialised): the one of that name,
    /// or that defines the symbol ("inference.GRPCInferenceService"). "" for neither.
    [[nodiscard]] std::string FileNamed(const std::string& name) const;
    [[nodiscard]] std::string FileDefining(const std::string& symbol) const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gyre::grpc
