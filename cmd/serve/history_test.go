package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
)

// get requests a path below [EventsPath] and returns the answer's body.
func (r testServer) get(t *testing.T, status int, path string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, r.url+EventsPath+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer secret")
	resp, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text := strings.TrimSpace(body(t, resp.Body))
	if resp.StatusCode != status || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s: status %d, want %d: %s", path, resp.StatusCode, status, text)
	}
	return text
}

// chatPage is a page of the chat history.
type chatPage struct {
	Messages []struct {
		Timestamp                           time.Time
		Platform, ChannelName, Author, Text string
	}
	NextPageToken, PreviousPageToken string
}

// texts returns what is said on the page.
func (p chatPage) texts() (texts []string) {
	for _, m := range p.Messages {
		texts = append(texts, m.Text)
	}
	return texts
}

func (r testServer) page(t *testing.T, id, query string) (p chatPage) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.get(t, 200, id+"/chat/history?"+query)), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// spoken returns the event of a message in a broadcast.
func spoken(id, text string, stamp int) string {
	return fmt.Sprintf(`{"action":"event","payload":{"eventId":%q,"eventPayload":{"text":%q}},"timestamp":%d}`, id, text, stamp)
}

// TestHistoryOfTheShow reads the pages of the show in both directions: every event is
// there once and in order.
func TestHistoryOfTheShow(t *testing.T) {
	r := onLoopback(t, Options{})
	var want []string
	for _, a := range Show() {
		var frame struct {
			Action  string
			Payload struct{ EventPayload struct{ Text string } }
		}
		if err := json.Unmarshal(a.Frame, &frame); err != nil {
			t.Fatal(err)
		}
		if frame.Action == "event" {
			want = append(want, frame.Payload.EventPayload.Text)
		}
	}
	for _, size := range []int{1, 7, 100, len(want), 1000} {
		var got []string
		query := fmt.Sprintf("pageSize=%d", size)
		p := r.page(t, broadcast, query)
		if p.PreviousPageToken != "" {
			t.Errorf("pages of %d: there is one before the first", size)
		}
		for {
			got = append(got, p.texts()...)
			if p.NextPageToken == "" {
				break
			}
			p = r.page(t, broadcast, query+"&pageToken="+p.NextPageToken)
		}
		if !slices.Equal(got, want) {
			t.Errorf("forwards by %d: %d messages, want %d", size, len(got), len(want))
		}
		got = p.texts()
		for p.PreviousPageToken != "" {
			p = r.page(t, broadcast, query+"&pageToken="+p.PreviousPageToken)
			got = append(p.texts(), got...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("backwards by %d: %d messages, want %d", size, len(got), len(want))
		}
	}
	platforms := map[string]bool{}
	for _, m := range r.page(t, broadcast, "pageSize=1000").Messages {
		platforms[m.Platform] = true
		if m.ChannelName == "" || m.Timestamp.Unix() < opening {
			t.Errorf("%+v", m)
		}
	}
	for _, name := range []string{"Twitch", "YouTube", "Facebook", "DLive", "Discord", "LinkedIn", "Trovo", "X", "Kick", "Rumble"} {
		if !platforms[name] {
			t.Errorf("no message from %s in %v", name, platforms)
		}
	}
	if p := r.page(t, broadcast, ""); len(p.Messages) != 100 {
		t.Errorf("%d messages on a page", len(p.Messages))
	}
}

func TestHistoryMessages(t *testing.T) {
	show := actions(
		`{"action":"connection_info","payload":{"connectionIdentifier":"1-twitter-a","connectionUuid":"u","eventSourceId":28,"status":"connected","target":{"owner":{"displayName":"A & B"}}},"timestamp":1740152273}`,
		`{"action":"event","payload":{"connectionIdentifier":"1-twitter-a","eventId":"b","eventPayload":{"author":{"displayName":"N","username":"n"},"text":"a <3"},"eventSourceId":28,"eventTypeId":24},"timestamp":1740152273250}`,
		`{"action":"event","payload":{"eventId":"b","eventTypeId":999},"timestamp":1740152274}`,
		`{"action":"event","payload":{"connectionIdentifier":"1-new-kind-a","eventId":"b","eventPayload":null}}`,
		`{"action":"event","payload":{"eventPayload":{"text":"in no broadcast"}},"timestamp":1740152275}`,
		`{"action":"reply_created","payload":{"eventId":"b","eventSourceId":1,"text":"a reply"},"timestamp":1740152275}`,
		"not JSON",
		`{"action":"event","payload":{"connectionIdentifier":"1-twitter-a","eventId":"b","eventPayload":{"text":"on a new socket"}},"timestamp":1740152276}`,
	)
	show[len(show)-1].Relinked = true
	r := onLoopback(t, Options{Actions: show})
	want := `{"messages":[` +
		`{"timestamp":"2025-02-21T15:37:53.25Z","platform":"X","channelName":"A & B","author":"N","text":"a <3","meta":null},` +
		`{"timestamp":"2025-02-21T15:37:54Z","platform":null,"channelName":null,"author":"","text":null,"meta":null},` +
		`{"timestamp":"2025-02-21T15:37:54Z","platform":"new","channelName":null,"author":"","text":null,"meta":null},` +
		`{"timestamp":"2025-02-21T15:37:56Z","platform":"X","channelName":null,"author":"","text":"on a new socket","meta":null}` +
		`],"nextPageToken":null,"previousPageToken":null}`
	if got := r.get(t, 200, "b/chat/history"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestHistoryRefuses(t *testing.T) {
	r := onLoopback(t, Options{Actions: actions(spoken("b", "hi", first)), Token: "secret"})
	for path, status := range map[string]int{
		"b/chat/history":                          200,
		"b/chat/history?pageSize=1000":            200,
		"b/chat/history?pageToken=f1":             200,
		"b/chat/history?timestamp=253402300799":   200,
		"b/chat/history?pageSize=0":               400,
		"b/chat/history?pageSize=1001":            400,
		"b/chat/history?pageSize=ten":             400,
		"b/chat/history?pageToken=f0&timestamp=1": 400,
		"b/chat/history?pageToken=f2":             400,
		"b/chat/history?pageToken=f-1":            400,
		"b/chat/history?pageToken=f":              400,
		"b/chat/history?pageToken=0":              400,
		"b/chat/history?pageToken=x0":             400,
		"b/chat/history?timestamp=-1":             400,
		"b/chat/history?timestamp=1.5":            400,
		"b/chat/history?timestamp=99999999999999": 400,
		"c/chat/history":                          404,
		"b/chat":                                  404,
		"b":                                       404,
		"history?page=0":                          400,
		"history?limit=none":                      400,
		"history?page=2&limit=1000":               200,
		"in-progress":                             200,
	} {
		if text := r.get(t, status, path); status != 200 && !strings.Contains(text, fmt.Sprintf(`"statusCode":%d`, status)) {
			t.Errorf("%s: %s", path, text)
		}
	}
	for _, path := range []string{"b/chat/history", "c/chat/history", "in-progress", "history"} {
		for _, authorization := range []string{"", "Bearer", "Bearer ", "Bearer wrong", "Basic secret", "secret"} {
			req, _ := http.NewRequest(http.MethodGet, r.url+EventsPath+path+"?accessToken=secret", nil)
			req.Header.Set("Authorization", authorization)
			resp, err := r.client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if text := body(t, resp.Body); resp.StatusCode != 401 || strings.Contains(text, "wrong") {
				t.Errorf("%s with %q: status %d, %s", path, authorization, resp.StatusCode, text)
			}
			resp.Body.Close()
		}
	}
}

// TestHistoryAcceptsOAuthTokens checks that the history accepts the same tokens as the
// socket.
func TestHistoryAcceptsOAuthTokens(t *testing.T) {
	oauth := NewOAuth(OAuthOptions{})
	r := onLoopback(t, Options{Actions: actions(), Accept: oauth.Valid, Other: oauth})
	for token, status := range map[string]int{oauth.Issue().Access: 200, "another": 401} {
		req, _ := http.NewRequest(http.MethodGet, r.url+EventsPath+"in-progress", nil)
		req.Header.Set("Authorization", "bearer "+token)
		resp, err := r.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("status %d, want %d", resp.StatusCode, status)
		}
	}
}

func TestHistorySeeks(t *testing.T) {
	r := onLoopback(t, Options{Actions: actions(spoken("b", "0", first), spoken("b", "2", first+2), spoken("b", "2 too", first+2), spoken("b", "4", first+4))})
	for second, want := range map[int]string{-9: "0", 0: "0", 1: "2", 2: "2", 3: "4", 4: "4"} {
		p := r.page(t, "b", fmt.Sprintf("pageSize=1&timestamp=%d", first+second))
		if got := p.texts(); !slices.Equal(got, []string{want}) {
			t.Errorf("from second %d: %q, want %q", second, got, want)
		}
		before := p.PreviousPageToken
		if (before == "") != (want == "0") {
			t.Errorf("from second %d: the page before is %q", second, before)
		}
	}
	late := r.page(t, "b", fmt.Sprintf("timestamp=%d", first+5))
	if late.Messages == nil || len(late.Messages) > 0 || late.NextPageToken != "" {
		t.Errorf("after the end: %+v", late)
	}
	if got := r.page(t, "b", "pageSize=2&pageToken="+late.PreviousPageToken).texts(); !slices.Equal(got, []string{"2 too", "4"}) {
		t.Errorf("before the end: %q", got)
	}
}

// TestHistoryIsChronological serves a recording whose stamps go back.
func TestHistoryIsChronological(t *testing.T) {
	r := onLoopback(t, Options{Actions: actions(spoken("b", "1", first+1), spoken("b", "3", first+3), spoken("b", "2", first+2), spoken("b", "0", first))})
	if got := r.page(t, "b", "").texts(); !slices.Equal(got, []string{"0", "1", "2", "3"}) {
		t.Errorf("got %q", got)
	}
}

// outageChat has its middle at 10 s. The message "six" comes after its stamp.
var outageChat = actions(
	spoken("b", "zero", first), spoken("b", "eight", first+8), spoken("b", "six", first+6),
	spoken("b", "twelve", first+12), spoken("b", "sixteen", first+16), spoken("b", "twenty", first+20),
)

// TestHistoryInAnOutage checks that the history has a message from its time on, whether
// the socket had it or not.
func TestHistoryInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, end := onPipes(Options{Actions: outageChat, Speed: 2, Outage: 5 * time.Second})
		defer end()
		if got := r.page(t, "b", ""); len(got.Messages) > 0 || r.get(t, 200, "in-progress") != "[]" {
			t.Errorf("before the first client: %q", got.texts())
		}
		began := time.Now()
		if got := r.follow(t, 100); !slices.Equal(got, []string{"zero 0", "eight 8", "six 6", "cut"}) {
			t.Errorf("the socket: %q", got)
		}
		at := func(second float64) {
			time.Sleep(time.Until(began.Add(time.Duration(second / 2 * float64(time.Second)))))
		}
		for _, c := range []struct {
			second float64
			want   []string
		}{
			{10, []string{"zero", "six", "eight"}},
			{11.9, []string{"zero", "six", "eight"}},
			{12, []string{"zero", "six", "eight", "twelve"}}, // the socket is still refused
			{19.9, []string{"zero", "six", "eight", "twelve", "sixteen"}},
		} {
			at(c.second)
			if got := r.page(t, "b", "").texts(); !slices.Equal(got, c.want) {
				t.Errorf("at %v s: %q, want %q", c.second, got, c.want)
			}
			if c.second == 12 {
				if status, _ := r.dialStatus(t, "secret"); status != http.StatusServiceUnavailable {
					t.Errorf("status %d", status)
				}
			}
		}
		inProgress := fmt.Sprintf(`[{"id":"b","status":"in-progress","title":"The show of restail serve","startedAt":%d,"finishedAt":null,"destinations":[]}]`, first)
		if got := r.get(t, 200, "in-progress"); got != inProgress {
			t.Errorf("in progress: %s", got)
		}
		if got := r.get(t, 200, "history"); got != `{"items":[],"pagination":{"limit":10,"page":1,"pages_total":0}}` {
			t.Errorf("ended: %s", got)
		}
		at(20)
		if got := r.get(t, 200, "in-progress"); got != "[]" {
			t.Errorf("in progress after the end: %s", got)
		}
		ended := fmt.Sprintf(`{"items":[{"id":"b","status":"finished","title":"The show of restail serve","startedAt":%d,"finishedAt":%d,"destinations":[]}],"pagination":{"limit":10,"page":1,"pages_total":1}}`, first, first+20)
		if got := r.get(t, 200, "history"); got != ended {
			t.Errorf("ended: %s", got)
		}
	})
}

// TestHistoryPageTokensLast checks that a token stays valid while the show goes on, even
// after a message with an earlier stamp.
func TestHistoryPageTokensLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, end := onPipes(Options{Actions: actions(
			spoken("b", "a", first), spoken("b", "c", first+2), spoken("b", "d", first+2), spoken("c", "other", first+4),
			spoken("b", "b", first+1), spoken("b", "e", first+60),
		), Speed: 1, Outage: time.Second})
		defer end()
		r.dial(t)
		time.Sleep(3 * time.Second)
		p := r.page(t, "b", "pageSize=2")
		time.Sleep(3 * time.Second)
		next := r.page(t, "b", "pageToken="+p.NextPageToken)
		if got := append(p.texts(), next.texts()...); !slices.Equal(got, []string{"a", "c", "d"}) {
			t.Errorf("got %q", got)
		}
		if got := r.page(t, "b", "").texts(); !slices.Equal(got, []string{"a", "b", "c", "d"}) {
			t.Errorf("got %q", got)
		}
	})
}

// TestHistoryAtFullSpeed checks that the history has what was missed as soon as clients
// can connect again.
func TestHistoryAtFullSpeed(t *testing.T) {
	r := onLoopback(t, Options{Actions: outageChat, Outage: 5 * time.Second, CloseAtEnd: true})
	if got := r.follow(t, 100); !slices.Equal(got, []string{"zero 0", "eight 8", "six 6", "cut"}) {
		t.Errorf("the socket: %q", got)
	}
	if got := r.page(t, "b", "").texts(); !slices.Equal(got, []string{"zero", "six", "eight", "twelve"}) {
		t.Errorf("in the outage: %q", got)
	}
	r.follow(t, 100)
	if got := r.page(t, "b", "").texts(); !slices.Equal(got, []string{"zero", "six", "eight", "twelve", "sixteen", "twenty"}) {
		t.Errorf("at the end: %q", got)
	}
}

// TestHistoryOfALoop checks that every round has later messages.
func TestHistoryOfALoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, end := onPipes(Options{Actions: outageChat, Speed: 1, Outage: 5 * time.Second, Loop: true})
		defer end()
		r.dial(t)
		time.Sleep((22*1000 + 9) * time.Second) // in round 1000
		var got []string
		query := fmt.Sprintf("timestamp=%d", first+22*999+13)
		for p := r.page(t, "b", query+"&pageSize=2"); ; p = r.page(t, "b", "pageSize=2&pageToken="+p.NextPageToken) {
			for _, m := range p.Messages {
				got = append(got, fmt.Sprint(m.Text, " ", m.Timestamp.Unix()-first-22*1000))
			}
			if p.NextPageToken == "" {
				break
			}
		}
		if want := []string{"sixteen -6", "twenty -2", "zero 0", "six 6", "eight 8"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if p := r.page(t, "b", "timestamp=253402300799"); len(p.Messages) > 0 {
			t.Errorf("in the future: %q", p.texts())
		} else if got := r.page(t, "b", "pageSize=1&pageToken="+p.PreviousPageToken).texts(); !slices.Equal(got, []string{"eight"}) {
			t.Errorf("the last: %q", got)
		}
		for second, want := range map[int]string{20: "twenty", 21: "zero", 22: "zero"} {
			if got := r.page(t, "b", fmt.Sprintf("pageSize=1&timestamp=%d", first+22*7+second)).texts(); !slices.Equal(got, []string{want}) {
				t.Errorf("from second %d of a round: %q, want %s", second, got, want)
			}
		}
		if got := r.get(t, 200, "in-progress"); !strings.Contains(got, `"b"`) {
			t.Errorf("in progress: %s", got)
		}
	})
}

func TestBroadcasts(t *testing.T) {
	r := onLoopback(t, Options{Actions: actions(
		spoken("a", "one", first), spoken("rtmp/b", "two", first+10), spoken("a", "three", first+15), spoken("c", "four", first+20),
	)})
	list := func(path string) (ids []string) {
		text := r.get(t, 200, path)
		var events []struct{ ID string }
		if strings.HasPrefix(text, "{") {
			var list struct{ Items json.RawMessage }
			if err := json.Unmarshal([]byte(text), &list); err != nil {
				t.Fatal(err)
			}
			text = string(list.Items)
		}
		if err := json.Unmarshal([]byte(text), &events); err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			ids = append(ids, e.ID)
		}
		return ids
	}
	for path, want := range map[string][]string{
		"in-progress": {"c"}, "history": {"a", "rtmp/b"}, "history?limit=1": {"a"}, "history?limit=1&page=2": {"rtmp/b"}, "history?page=2": nil,
	} {
		if got := list(path); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if got := r.page(t, url.PathEscape("rtmp/b"), "").texts(); !slices.Equal(got, []string{"two"}) {
		t.Errorf("got %q", got)
	}
	if got := r.page(t, "a", "").texts(); !slices.Equal(got, []string{"one", "three"}) {
		t.Errorf("got %q", got)
	}
	empty := onLoopback(t, Options{Actions: actions(beat(first))})
	if got := empty.get(t, 200, "in-progress"); got != "[]" {
		t.Errorf("without a message: %s", got)
	}
}

// TestCloseWaitsForFinish checks that the close waits for the channel, with heartbeats
// meanwhile.
func TestCloseWaitsForFinish(t *testing.T) {
	for _, speed := range []float64{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			finish := make(chan struct{})
			r, end := onPipes(Options{Actions: actions(said("a", first)), Speed: speed, CloseAtEnd: true, Finish: finish})
			defer end()
			began := time.Now()
			time.AfterFunc(time.Minute, func() { close(finish) })
			for _, want := range [][]string{{"a 0", "♥ 45", "closed"}, {"a 0", "closed"}} {
				if got := r.follow(t, 100); !slices.Equal(got, want) {
					t.Errorf("speed %v: %q, want %q", speed, got, want)
				}
			}
			if gone := time.Since(began); gone != time.Minute {
				t.Errorf("speed %v: closed after %v", speed, gone)
			}
		})
	}
}

// TestHistoryOfARecording records a client's show and compares the histories of both.
func TestHistoryOfARecording(t *testing.T) {
	shows := onLoopback(t, Options{CloseAtEnd: true})
	frames, status := readAll(t, shows.dial(t))
	if status != websocket.StatusNormalClosure {
		t.Fatal(status)
	}
	recorded, _, err := Recording(strings.NewReader(strings.Join(frames, "\n")), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	r := onLoopback(t, Options{Actions: recorded})
	if got, want := r.get(t, 200, broadcast+"/chat/history?pageSize=1000"), shows.get(t, 200, broadcast+"/chat/history?pageSize=1000"); got != want {
		t.Error("it has another history than the show")
	}
}
