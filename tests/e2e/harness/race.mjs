// Many clients at once, each on a connection of its own.

/** Runs `count` clients that take turns at `total` requests; returns every response. */
export async function race(server, count, total, request) {
  const connections = await Promise.all(Array.from({ length: count }, () => server.connect()));
  const responses = [];
  let asked = 0;
  const client = async (connection) => {
    while (asked < total) {
      asked += 1;
      responses.push(await request(connection, asked));
    }
  };
  try {
    await Promise.all(connections.map(client));
  } finally {
    for (const connection of connections) connection.destroy();
  }
  return responses;
}

/** One chat of this token, for `race`. */
export function chatAs(token) {
  const headers = { 'Content-Type': 'application/json', Authorization: `Token ${token}` };
  return (connection, index) =>
    connection.request('POST', '/api/chat/', { headers, body: JSON.stringify({ message: `race ${index}` }) });
}

/** How many responses have each status: {200: 40, 402: 1960}. */
export function statusesOf(responses) {
  const counts = {};
  for (const { status } of responses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
