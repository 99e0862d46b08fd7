#include "store/sqlite/session.h"

namespace parley::store::sqlite {

base::Result<std::unique_ptr<Session>> Session::open(std::unique_ptr<Connection> connection, const base::Clock& clock,
                                                     std::size_t accounts_max) {
  TRY(Records records, Records::prepare(*connection));
  TRY(ConversationRecords conversations, ConversationRecords::prepare(*connection));
  TRY(const std::int64_t last_entry_id, records.last_entry_id());
  return std::unique_ptr<Session>(new Session(std::move(connection), std::move(records), std::move(conversations),
                                              clock, accounts_max, last_entry_id));
}

Session::Session(std::unique_ptr<Connection> connection, Records records, ConversationRecords conversations,
                 const base::Clock& clock, std::size_t accounts_max, std::int64_t last_entry_id)
    : connection_(std::move(connection)),
      records_(std::move(records)),
      conversations_(std::move(conversations)),
      books_(records_, clock, accounts_max, last_entry_id),
      clock_(clock),
      begin_(Statement::prepare(*connection_, "BEGIN IMMEDIATE").value()),
      commit_(Statement::prepare(*connection_, "COMMIT").value()) {}

base::Result<void> Session::begin_write() {
  if (connection_->in_transaction()) return {};
  return begin_.run();
}

bool Session::commit() {
  if (connection_->in_transaction() && commit_.run().has_error()) return false;
  books_.accept();
  return true;
}

void Session::undo() {
  // On some errors SQLite has rolled back already. What a rollback itself reports changes nothing: the transaction
  // never becomes part of the file.
  if (connection_->in_transaction()) sqlite3_exec(connection_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  books_.undo();
}

}  // namespace parley::store::sqlite
