#include "engine/python/frames.h"

#include <array>
#include <cstring>

namespace gyre::engine::python {
namespace {

using core::Code;
using core::Fail;

struct Header {
    uint32_t kind = 0;
    uint32_t items = 0;
    uint64_t size = 0;
};
struct Item {  // of a batch: id, content type, accept, headers, body; of answers: see DecodeAnswers
    std::array<uint32_t, 4> parts{};
    uint64_t body = 0;
};
// The first of an answer's parts: whether it is a failure, whether its call was the first of
// another shape, and the number of that call in the rest.
constexpr uint32_t kFailed = 1;
constexpr uint32_t kAnotherShape = 2;
constexpr uint32_t kGoesOn = 2;  // of a step, which has no shapes
constexpr int kCallShift = 2;
constexpr uint32_t kNoCall = UINT32_MAX >> kCallShift;

static_assert(sizeof(Header) == kFrameHeaderSize && sizeof(Item) == 24);

// Names and values that hold a NUL could not be told apart; HTTP allows none.
void PackHeaders(const std::map<std::string, std::string>& headers, std::string& out) {
    for (const auto& [name, value] : headers) {
        out.append(name).push_back('\0');
        out.append(value).push_back('\0');
    }
}

std::string_view Take(std::string_view& from, size_t size) {
    const std::string_view part = from.substr(0, size);
    from.remove_prefix(part.size());
    return part;
}

core::Error FailureOf(uint32_t status, std::string_view type, std::string_view message) {
    core::Error error(status == 500 ? Code::kInternal : Code::kInvalidArgument,
                      std::string(type) + ": " + std::string(message));
    error.http_status = static_cast<int>(status);
    error.details["PythonException"] = type;
    return error;
}

}  // namespace

std::string EncodeHeader(const FrameHeader& header) {
    const Header raw{static_cast<uint32_t>(header.kind), header.items, header.size};
    return {reinterpret_cast<const char*>(&raw), sizeof raw};
}

std::string EncodeBatchHead(std::span<const Request* const> batch) {
    std::string head(sizeof(Header) + batch.size() * sizeof(Item), '\0');
    size_t at = sizeof(Header);
    uint64_t bodies = 0;
    for (const Request* request : batch) {
        head.append(request->id).append(request->content_type).append(request->accept);
        const size_t before = head.size();
        PackHeaders(request->headers, head);
        const Item item{{static_cast<uint32_t>(request->id.size()),
                         static_cast<uint32_t>(request->content_type.size()),
                         static_cast<uint32_t>(request->accept.size()),
                         static_cast<uint32_t>(head.size() - before)},
                        request->body.size()};
        std::memcpy(head.data() + at, &item, sizeof item);
        at += sizeof item;
        bodies += request->body.size();
    }
    const Header header{static_cast<uint32_t>(FrameKind::kBatch),
                        static_cast<uint32_t>(batch.size()), head.size() - sizeof(Header) + bodies};
    std::memcpy(head.data(), &header, sizeof header);
    return head;
}

core::Result<FrameHeader> DecodeHeader(std::string_view bytes) {
    Header header;
    GYRE_CHECK(bytes.size() == sizeof header);
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.kind < static_cast<uint32_t>(FrameKind::kLoad) ||
        header.kind > static_cast<uint32_t>(FrameKind::kLeave) || header.size > kLargestAnswer) {
        return Fail(Code::kDataLoss, "the worker sent what is no frame");
    }
    return FrameHeader{static_cast<FrameKind>(header.kind), header.items, header.size};
}

core::Result<std::vector<core::Result<Reply>>> DecodeAnswers(const Frame& frame, size_t expected) {
    const auto bad = [] { return Fail(Code::kDataLoss, "the worker's answers do not add up"); };
    if (frame.kind != FrameKind::kAnswers || frame.items != expected ||
        frame.payload.size() / sizeof(Item) < expected) {
        return bad();
    }
    std::vector<Item> table(expected);
    if (expected > 0) std::memcpy(table.data(), frame.payload.data(), expected * sizeof(Item));
    std::string_view texts = std::string_view(frame.payload).substr(expected * sizeof(Item));
    uint64_t heads = 0;
    uint64_t bodies = 0;
    for (const Item& item : table) {
        if (item.body > frame.payload.size()) return bad();  // so that the sum cannot overflow
        heads += uint64_t{item.parts[2]} + item.parts[3];
        bodies += item.body;
    }
    if (heads + bodies != texts.size()) return bad();
    std::string_view body_bytes = texts.substr(heads);
    std::vector<core::Result<Reply>> answers;
    answers.reserve(expected);
    for (const Item& item : table) {
        const auto [call, status, type_size, headers_size] = item.parts;
        const std::string_view type = Take(texts, type_size);
        std::string_view headers = Take(texts, headers_size);
        const std::string_view body = Take(body_bytes, item.body);
        if (status < 100 || status > 599) return bad();
        if (const uint32_t number = call >> kCallShift; number >= expected && number != kNoCall) {
            return bad();
        }
        if ((call & kFailed) != 0) {
            answers.push_back(Fail(FailureOf(status, type, body)));
            continue;
        }
        Reply reply{static_cast<int>(status), std::string(type), std::string(body), {}};
        while (!headers.empty()) {
            const size_t name = headers.find('\0');
            const size_t value = name == headers.npos ? name : headers.find('\0', name + 1);
            if (value == headers.npos) return bad();
            reply.headers[std::string(headers.substr(0, name))] =
                headers.substr(name + 1, value - name - 1);
            headers.remove_prefix(value + 1);
        }
        answers.push_back(std::move(reply));
    }
    return answers;
}

std::vector<Call> DecodeCalls(const Frame& frame) {
    std::vector<uint32_t> firsts(frame.items);
    uint32_t all = 0;
    for (size_t i = 0; i < firsts.size(); i++) {
        std::memcpy(&firsts[i], frame.payload.data() + i * sizeof(Item), sizeof firsts[i]);
        all |= firsts[i];
    }
    if (all <= kFailed) return {};
    std::vector<uint32_t> sizes(firsts.size());
    for (const uint32_t first : firsts) {
        if (first >> kCallShift != kNoCall) sizes[first >> kCallShift]++;
    }
    std::vector<Call> calls;
    calls.reserve(firsts.size());
    for (const uint32_t first : firsts) {
        const uint32_t number = first >> kCallShift;
        if (number == kNoCall) {
            calls.emplace_back();
        } else {
            calls.push_back({number, sizes[number], (first & kAnotherShape) != 0});
        }
    }
    return calls;
}

std::vector<bool> DecodeGoesOn(const Frame& frame) {
    std::vector<bool> goes_on(frame.items);
    for (size_t i = 0; i < goes_on.size(); i++) {
        uint32_t first = 0;
        std::memcpy(&first, frame.payload.data() + i * sizeof(Item), sizeof first);
        goes_on[i] = (first & kGoesOn) != 0 && (first & kFailed) == 0;
    }
    return goes_on;
}

std::string EncodePlaces(std::span<const uint32_t> places) {
    return {reinterpret_cast<const char*>(places.data()), places.size_bytes()};
}

core::Result<AnswerPart> DecodePart(const Frame& frame, size_t expected) {
    if (frame.items >= expected) {
        return Fail(Code::kDataLoss, "the worker sent a part of no request's answer");
    }
    GYRE_ASSIGN(auto one, DecodeAnswers({FrameKind::kAnswers, 1, frame.payload}, 1));
    if (!one[0]) return Fail(Code::kDataLoss, "the worker sent a failure as a part");
    return AnswerPart{frame.items, std::move(*one[0])};
}

}  // namespace gyre::engine::python
