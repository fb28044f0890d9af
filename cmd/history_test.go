package cmd

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

const (
	broadcastA = "aaaaaaaa-33d9-4f6e-9a57-6e1f0d6c61a7"
	broadcastB = "bbbbbbbb-33d9-4f6e-9a57-6e1f0d6c61a7"
)

// historyAPI is an HTTP API whose answers come from a map, by path and query. It accepts
// the token "good".
type historyAPI struct {
	url     string
	mu      sync.Mutex
	answers map[string]string // an answer that begins with three digits has that status
	asked   []string
}

func newHistoryAPI(t *testing.T, answers map[string]string) *historyAPI {
	a := &historyAPI{answers: answers}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

func (a *historyAPI) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	uri := strings.TrimPrefix(q.URL.RequestURI(), "/v2/user/events/")
	a.asked = append(a.asked, uri)
	if q.Header.Get("Authorization") != "Bearer good" {
		http.Error(w, "not "+q.Header.Get("Authorization"), http.StatusUnauthorized)
		return
	}
	answer, ok := a.answers[uri]
	status := http.StatusOK
	if !ok {
		status = http.StatusNotFound
	} else if n, _ := fmt.Sscanf(answer, "%3d", &status); n == 1 {
		answer = answer[3:]
	}
	w.WriteHeader(status)
	fmt.Fprint(w, answer)
}

// run runs restail history.
func (a *historyAPI) run(t *testing.T, args ...string) result {
	t.Helper()
	return a.runAs(t, "good", args...)
}

func (a *historyAPI) runAs(t *testing.T, token string, args ...string) result {
	t.Helper()
	a.asked = nil
	environ := []string{"RESTREAM_ACCESS_TOKEN=" + token, "RESTAIL_API_URL=" + a.url, "RESTAIL_MAX_BACKOFF=1ms", "TZ=Europe/Berlin"}
	return runWith(t, "", environ, append([]string{"history"}, args...))
}

// The messages of broadcast A, on two pages.
var (
	messagesA = []string{
		`{"timestamp":"2026-05-01T19:00:00Z","platform":"YouTube","channelName":"Ch","author":"Ann","text":"one <3","meta":{"id":1.0}}`,
		`{"timestamp":"2026-05-01T19:00:02.250Z","platform":"Foo Bar","channelName":null,"author":null,"text":null,"meta":null}`,
		`{"timestamp":"2026-05-01T21:00:01+02:00","platform":"Twitter","channelName":"","author":"Bob","text":"late \u001b[31m"}`,
		`{"timestamp":"2026-05-01T19:30:00Z","platform":"kick","author":"Cid","text":"four"}`,
	}
	chatA = map[string]string{
		broadcastA + "/chat/history?pageSize=1000":                      `{"messages":[` + messagesA[0] + "," + strings.ReplaceAll(messagesA[1], ",", ",\n") + `],"nextPageToken":"p1"}`,
		broadcastA + "/chat/history?pageSize=1000&pageToken=p1":         `{"messages":[` + messagesA[2] + "," + messagesA[3] + `],"nextPageToken":null}`,
		broadcastA + "/chat/history?pageSize=1000&timestamp=1777662002": `{"messages":[` + messagesA[1] + "," + messagesA[2] + "," + messagesA[3] + `]}`,
		broadcastA + "/chat/history?pageSize=1000&timestamp=1777663800": `{"messages":[` + messagesA[2] + "," + messagesA[3] + `]}`,
	}
	recordsA = []string{
		`{"time":"2026-05-01T19:00:00Z","action":"event","platform":"youtube","channel":"Ch","type":"text","broadcast_id":"` + broadcastA + `","author":"Ann","text":"one <3","is_history":true}`,
		`{"time":"2026-05-01T19:00:02.250Z","action":"event","platform":"foo-bar","type":"text","broadcast_id":"` + broadcastA + `","author":"","text":"","is_history":true}`,
		`{"time":"2026-05-01T19:00:01Z","action":"event","platform":"x","type":"text","broadcast_id":"` + broadcastA + `","author":"Bob","text":"late \u001b[31m","is_history":true}`,
		`{"time":"2026-05-01T19:30:00Z","action":"event","platform":"kick","type":"text","broadcast_id":"` + broadcastA + `","author":"Cid","text":"four","is_history":true}`,
	}
)

// rawA are the history lines of messages of broadcast A.
func rawA(messages ...string) string {
	var lines strings.Builder
	for _, m := range messages {
		fmt.Fprintf(&lines, `{"restail":"history","broadcast_id":%q,"message":%s}`+"\n", broadcastA, m)
	}
	return lines.String()
}

func TestHistory(t *testing.T) {
	a := newHistoryAPI(t, chatA)
	lines := func(records ...string) string { return strings.Join(records, "\n") + "\n" }
	seekTo2, seekTo1930 := "pageSize=1000&timestamp=1777662002", "pageSize=1000&timestamp=1777663800"
	first, second := "pageSize=1000", "pageSize=1000&pageToken=p1"
	for _, test := range []struct {
		args  string
		want  string
		asked []string
	}{
		{"", lines(recordsA...), []string{first, second}},
		{"-o raw", rawA(messagesA...), []string{first, second}},
		{"-o raw -a link", "", []string{first, second}},
		{"-a connection_info", "", []string{first, second}},
		{"-p youtube,kick -o text --time utc", "19:00:00 youtube      Ann: one <3\n19:30:00 kick         Cid: four\n", []string{first, second}},
		{"-n 2", lines(recordsA[:2]...), []string{first}},
		{"-n 1 --fields text,channel", `{"text":"one <3","channel":"Ch"}` + "\n", []string{first}},
		{"-f $raw.meta", `{"id":1.0}` + "\n", []string{first, second}},
		{"-f select($raw.author==\"Bob\") -o raw", rawA(messagesA[2]), []string{first, second}},
		{"--since 2026-05-01T19:00:02Z", lines(recordsA[1], recordsA[3]), []string{seekTo2}},
		{"--since 2026-05-01T19:00:02.3Z", lines(recordsA[3]), []string{seekTo2}},
		{"--until 2026-05-01T19:00:02Z", lines(recordsA[0], recordsA[2]), []string{first, second}},
		{"--since 21:30", lines(recordsA[3]), []string{first, seekTo1930}},
		{"--since +30m", lines(recordsA[3]), []string{first, seekTo1930}},
		{"--until +2s", lines(recordsA[0], recordsA[2]), []string{first, first, second}},
		{"--since 2026-05-01T19:00:02Z --until +30m", lines(recordsA[1]), []string{first, seekTo2}},
	} {
		got := a.run(t, append([]string{broadcastA}, strings.Fields(test.args)...)...)
		for i := range test.asked {
			test.asked[i] = broadcastA + "/chat/history?" + test.asked[i]
		}
		if got.status != 0 || got.stderr != "" || got.stdout != test.want {
			t.Errorf("%s: status %d, %s\n got %s\nwant %s", test.args, got.status, got.stderr, got.stdout, test.want)
		}
		if fmt.Sprint(a.asked) != fmt.Sprint(test.asked) {
			t.Errorf("%s: asked for %q", test.args, a.asked)
		}
	}
}

// A replay of the output of -o raw gives the records of the run that wrote it.
func TestHistoryReplays(t *testing.T) {
	t.Parallel()
	a := newHistoryAPI(t, chatA)
	raw := a.run(t, broadcastA, "-o", "raw").stdout
	for _, flags := range [][]string{{"-o", "ndjson"}, {"-o", "text"}, {"-o", "raw"}, {"-f", "$raw"}, {"--since", "+2s"}, {"-p", "x"}} {
		got := runWith(t, raw, []string{"TZ=Europe/Berlin"}, append([]string{"replay"}, flags...)).stdout
		if want := a.run(t, append([]string{broadcastA}, flags...)...).stdout; got != want || want == "" && flags[0] != "--since" {
			t.Errorf("%v\n got %s\nwant %s", flags, got, want)
		}
	}
}

// Without an argument, history reads the broadcast in progress, or else the last that
// ended.
func TestHistoryFindsTheBroadcast(t *testing.T) {
	message := `{"messages":[{"timestamp":"2026-05-01T19:00:00Z","text":"hi"}]}`
	chat := "/chat/history?pageSize=1000"
	const inProgress, ended = "in-progress", "history?limit=10&page=1"
	list := func(ids ...string) string {
		var events []string
		for i, id := range ids {
			events = append(events, fmt.Sprintf(`{"id":%q,"startedAt":%d,"finishedAt":%d}`, id, 10-i, 20-i))
		}
		return "[" + strings.Join(events, ",") + "]"
	}
	for _, test := range []struct {
		name    string
		answers map[string]string
		want    string // the broadcast
		status  int
		says    string
	}{
		{"in progress", map[string]string{inProgress: list(broadcastA), broadcastA + chat: message}, broadcastA, 0, ""},
		{"ended", map[string]string{inProgress: `[]`, ended: `{"items":` + list(broadcastB, broadcastA) + `}`, broadcastB + chat: message}, broadcastB, 0, ""},
		{"none", map[string]string{inProgress: `[]`, ended: `{"items":[],"pagination":{}}`}, "", 1, "restail: cannot find the broadcast: the account has none\n"},
		{"scope", map[string]string{inProgress: `403{"error":"insufficient scope"}`}, "", 3, ": {\"error\":\"insufficient scope\"}; does the token have the scope stream.read? tick that for the application, then log in again\n" +
			"  or name the broadcast: restail history BROADCAST, with the broadcast_id of its records\n"},
		{"scope of the second list", map[string]string{inProgress: `[]`, ended: "403"}, "", 3, "stream.read"},
		{"not JSON", map[string]string{inProgress: `<html>`}, "", 1, "not JSON"},
	} {
		a := newHistoryAPI(t, test.answers)
		got := a.run(t, "--fields", "broadcast_id")
		want := ""
		if test.want != "" {
			want = fmt.Sprintf(`{"broadcast_id":%q}`+"\n", test.want)
		}
		if got.status != test.status || got.stdout != want || !strings.Contains(got.stderr, test.says) || test.says == "" && got.stderr != "" {
			t.Errorf("%s: status %d, %q, %q", test.name, got.status, got.stdout, got.stderr)
		}
	}
}

func TestHistoryFailures(t *testing.T) {
	t.Parallel()
	const first, second = broadcastA + "/chat/history?pageSize=1000", broadcastA + "/chat/history?pageSize=1000&pageToken=p1"
	page1, record := chatA[first], strings.Join(recordsA[:2], "\n")+"\n"
	for _, test := range []struct {
		name    string
		args    []string
		answers map[string]string
		stdout  string
		status  int
		says    string
		asked   int
	}{
		{"no UUID", []string{"rtmp/instant"}, nil, "", 2, "restail: invalid broadcast \"rtmp/instant\": want its UUID\n", 0},
		{"wrong filter", []string{broadcastA, "-f", "("}, nil, "", 2, "does not compile", 0},
		{"wrong API", []string{broadcastA, "--api-url", "http://example.com"}, nil, "", 2, "--api-url", 0},
		{"404", []string{broadcastA}, nil, "", 1, "404 Not Found", 1},
		{"403", []string{broadcastA}, map[string]string{first: "403"}, "", 3, "scope chat.read", 1},
		{"429", []string{broadcastA}, map[string]string{first: "429"}, "", 4, "restail: ~ ", 6},
		{"500", []string{broadcastA, "-q"}, map[string]string{first: "500 oops"}, "", 4, "given up after 6 tries", 6},
		{"--max-retries", []string{broadcastA, "--max-retries", "1"}, map[string]string{first: "500"}, "", 4, "given up after 2 tries", 2},
		{"the second page", []string{broadcastA}, map[string]string{first: page1, second: "<html>"}, record, 1, "not JSON", 2},
		{"a token twice", []string{broadcastA}, map[string]string{first: page1, second: page1}, record, 1, "page token for the second time", 2},
		{"a redirect", []string{broadcastA}, map[string]string{first: "307"}, "", 1, "redirect", 1},
		{"not objects", []string{broadcastA, "-a", "event"}, map[string]string{first: `{"messages":[null,7,` + messagesA[0] + `]}`}, recordsA[0] + "\n", 0, "a message of the chat history is not an object: 7\n", 1},
		{"too large", []string{broadcastA, "--max-frame", "250"}, map[string]string{first: `{"messages":[{"text":"` + strings.Repeat("x", 200) + `"},` + messagesA[0] + `]}`}, recordsA[0] + "\n", 0, "line 1 of the chat history is longer than the limit of 250B (--max-frame)", 1},
	} {
		a := newHistoryAPI(t, test.answers)
		got := a.run(t, test.args...)
		if got.status != test.status || got.stdout != test.stdout || !strings.Contains(got.stderr, test.says) || len(a.asked) != test.asked {
			t.Errorf("%s: status %d after %d requests\n%s%s", test.name, got.status, len(a.asked), got.stdout, got.stderr)
		}
	}
}

// A timeout while the API fails is status 4, as it is while a link is down.
func TestHistoryTimeout(t *testing.T) {
	t.Parallel()
	const chat = broadcastA + "/chat/history?pageSize=1000"
	for _, test := range []struct {
		answer, timeout string
		status          int
	}{{"500", "300ms", 4}, {`{"messages":[]}`, "1m", 0}} {
		a := newHistoryAPI(t, map[string]string{chat: test.answer})
		if got := a.run(t, broadcastA, "-t", test.timeout, "--max-retries", "1000"); got.status != test.status {
			t.Errorf("%s: status %d\n%s", test.answer, got.status, got.stderr)
		}
	}
}

// A refused token is status 3. It is not shown, although the API repeats it.
func TestHistoryRefusedToken(t *testing.T) {
	a := newHistoryAPI(t, chatA)
	got := a.runAs(t, "wrong-token-123", broadcastA)
	if got.status != 3 || got.stdout != "" || !strings.Contains(got.stderr, "401 Unauthorized: not Bearer [redacted]") || strings.Contains(got.stderr, "wrong-token-123") {
		t.Errorf("status %d, %s%s", got.status, got.stdout, got.stderr)
	}
	if got = a.runAs(t, "", broadcastA); got.status != 3 || !strings.Contains(got.stderr, "no access token") {
		t.Errorf("status %d, %s%s", got.status, got.stdout, got.stderr)
	}
}
