#include "db/detail/postgres_sql.h"

namespace gyre::db::detail {
namespace {

bool IsWord(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The end of what is quoted from `begin` on. A doubled quote within reads as two quoted texts in a
/// row, which comes to the same.
size_t EndOfQuoted(std::string_view sql, size_t begin) {
    const size_t end = sql.find(sql[begin], begin + 1);
    return end == sql.npos ? sql.size() : end + 1;
}

}  // namespace

std::string NumberParameters(std::string_view sql) {
    std::string numbered;
    numbered.reserve(sql.size() + 16);
    int number = 0;
    for (size_t i = 0; i < sql.size();) {
        if (sql[i] == '\'' || sql[i] == '"') {
            const size_t end = EndOfQuoted(sql, i);
            numbered += sql.substr(i, end - i);
            i = end;
        } else if (sql[i] == '?') {
            numbered += '$';
            numbered += std::to_string(++number);
            i++;
        } else {
            numbered += sql[i++];
        }
    }
    return numbered;
}

std::string ToPostgresSchema(std::string_view sql) {
    std::string schema;
    schema.reserve(sql.size() * 2);
    for (size_t i = 0; i < sql.size();) {
        size_t end = i + 1;
        if (sql[i] == '\'' || sql[i] == '"') {
            end = EndOfQuoted(sql, i);
        } else if (IsWord(sql[i])) {
            while (end < sql.size() && IsWord(sql[end])) end++;
        }
        const std::string_view word = sql.substr(i, end - i);
        if (word == "TEXT") {
            schema += R"(TEXT COLLATE "C")";
        } else if (word == "BLOB") {
            schema += "BYTEA";
        } else {
            schema += word;
        }
        i = end;
    }
    return schema;
}

}  // namespace gyre::db::detail
