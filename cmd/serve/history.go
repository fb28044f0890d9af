package serve

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
)

// EventsPath is the path of the broadcasts and their chat histories, as on the
// service's API host, which calls a broadcast an event.
const EventsPath = "/v2/user/events/"

// newAPI makes the handler for [EventsPath]. It wants an access token in the
// Authorization header.
func (s *Server) newAPI() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+EventsPath+"in-progress", s.inProgress)
	mux.HandleFunc("GET "+EventsPath+"history", s.ended)
	mux.HandleFunc("GET "+EventsPath+"{eventId}/chat/history", s.chatHistory)
	mux.HandleFunc("/", notFound)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || !s.options.Accept(token) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, http.StatusUnauthorized, "invalid_token",
				"the access token is missing or not accepted: send it as Authorization: Bearer TOKEN")
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// chatMessage is a message in the JSON of an answer.
type chatMessage struct {
	Timestamp   string  `json:"timestamp"`
	Platform    *string `json:"platform"`
	ChannelName *string `json:"channelName"`
	Author      string  `json:"author"`
	Text        *string `json:"text"`
	Meta        any     `json:"meta"`
}

// chatHistory answers with a page of the messages of a broadcast.
func (s *Server) chatHistory(w http.ResponseWriter, r *http.Request) {
	all := s.archives()
	i := slices.IndexFunc(all, func(a *archive) bool { return a.id == r.PathValue("eventId") })
	if i < 0 {
		refuse(w, http.StatusNotFound, "not_found", "no event has this id")
		return
	}
	a, shown := all[i], s.clock.shown(time.Now())
	page, err := a.page(r.URL.Query(), shown)
	if err != nil {
		refuse(w, http.StatusBadRequest, "invalid_request", err.Error())
		return
	}
	body := struct {
		Messages []chatMessage `json:"messages"`
		Next     *string       `json:"nextPageToken"`
		Previous *string       `json:"previousPageToken"`
	}{Messages: a.read(page.numbers)}
	if len(firstN(a.after(page.to, shown), 1)) > 0 {
		body.Next = nullable(forwards + strconv.Itoa(page.to))
	}
	if len(firstN(a.before(page.from, shown), 1)) > 0 {
		body.Previous = nullable(backwards + strconv.Itoa(page.from))
	}
	writeJSON(w, http.StatusOK, body)
}

// A page token is a direction and the number of a message: the page begins with that
// message, or ends before it.
const (
	forwards  = "f"
	backwards = "b"
)

// page is the part of a history from one number up to, not including, another.
type page struct {
	from, to int
	numbers  []int // of the visible messages
}

// page returns the page that a query asks for.
func (a *archive) page(query url.Values, shown int) (p page, err error) {
	size, err := number(query, "pageSize", 100, 1, 1000)
	if err != nil {
		return p, err
	}
	second, err := number(query, "timestamp", 0, 0, endOfStamp-1)
	if err != nil {
		return p, err
	}
	token := query.Get("pageToken")
	switch {
	case token == "":
		p.from = a.seek(time.Unix(second, 0), shown)
	case query.Get("timestamp") != "":
		return p, errors.New("send pageToken or timestamp, not both")
	default:
		p.from, err = strconv.Atoi(token[1:])
		if err != nil || p.from < 0 || p.from > a.end(shown) || !strings.Contains(forwards+backwards, token[:1]) {
			return p, errors.New("invalid pageToken: send one from an earlier answer")
		}
	}
	if p.to = p.from; strings.HasPrefix(token, backwards) {
		p.numbers = firstN(a.before(p.to, shown), int(size))
		slices.Reverse(p.numbers)
	} else {
		p.numbers = firstN(a.after(p.from, shown), int(size))
	}
	if len(p.numbers) > 0 {
		p.from = min(p.from, p.numbers[0])
		p.to = max(p.to, p.numbers[len(p.numbers)-1]+1)
	}
	return p, nil
}

// number returns a number of a query, which must lie between least and most. fallback is
// the result when the query does not have it.
func number(query url.Values, name string, fallback, least, most int64) (int64, error) {
	text := query.Get(name)
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("invalid %s: want a number from %d to %d", name, least, most)
	}
	return n, nil
}

// read returns the messages with these numbers.
func (a *archive) read(numbers []int) []chatMessage {
	var parser decode.Parser
	var action decode.Action
	d := decode.New()
	messages := make([]chatMessage, len(numbers))
	for i, n := range numbers {
		if parser.Parse(&action, a.frame(a.action(n))) != nil {
			continue // never happens: newArchives has parsed it
		}
		d.Apply(&action, time.Time{})
		r := d.Record()
		messages[i] = chatMessage{
			Timestamp:   a.time(n).UTC().Format(time.RFC3339Nano),
			Platform:    nullable(platformName(string(r.Bytes(record.Platform)))),
			ChannelName: nullable(a.messages[n%len(a.messages)].channel),
			Author:      string(r.Bytes(record.Author)),
			Text:        nullable(string(r.Bytes(record.Text))),
		}
	}
	return messages
}

// platformName returns the name of a platform for people, "" for an unknown one.
func platformName(slug string) string {
	for _, p := range decode.Platforms {
		if p.HasChat() && p.Slug == slug {
			return p.Name
		}
	}
	if slug == "unknown" {
		return ""
	}
	return slug
}

func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// event is a broadcast in the JSON of an answer.
type event struct {
	ID           string     `json:"id"`
	Status       string     `json:"status"`
	Title        string     `json:"title"`
	StartedAt    int64      `json:"startedAt"`
	FinishedAt   *int64     `json:"finishedAt"`
	Destinations []struct{} `json:"destinations"`
}

// inProgress answers with the broadcast in progress.
func (s *Server) inProgress(w http.ResponseWriter, _ *http.Request) {
	events := s.events()
	writeJSON(w, http.StatusOK, slices.DeleteFunc(events, func(e event) bool { return e.FinishedAt != nil }))
}

// ended answers with a page of the broadcasts that have ended, the newest first.
func (s *Server) ended(w http.ResponseWriter, r *http.Request) {
	const most = 1000
	page, wrongPage := number(r.URL.Query(), "page", 1, 1, most)
	limit, wrongLimit := number(r.URL.Query(), "limit", 10, 1, most)
	if err := cmp.Or(wrongPage, wrongLimit); err != nil {
		refuse(w, http.StatusBadRequest, "invalid_request", err.Error())
		return
	}
	events := s.events()
	events = slices.DeleteFunc(events, func(e event) bool { return e.FinishedAt == nil })
	count := int64(len(events))
	writeJSON(w, http.StatusOK, map[string]any{
		"items":      events[min((page-1)*limit, count):min(page*limit, count)],
		"pagination": map[string]int64{"page": page, "limit": limit, "pages_total": (count + limit - 1) / limit},
	})
}

// events returns the broadcasts that have begun, the newest first. The newest is in
// progress until the show is over. Without an outage the show is never over, since
// every client starts its own.
func (s *Server) events() []event {
	shown := s.clock.shown(time.Now())
	events := []event{}
	for _, a := range slices.Backward(s.archives()) {
		first, last := firstN(a.after(0, shown), 1), firstN(a.before(a.end(shown), shown), 1)
		if len(first) == 0 {
			continue
		}
		finished := a.time(last[0]).Unix()
		events = append(events, event{
			ID: a.id, Status: "finished", Title: "The show of restail serve",
			StartedAt: a.time(first[0]).Unix(), FinishedAt: &finished, Destinations: []struct{}{},
		})
	}
	slices.SortStableFunc(events, func(x, y event) int { return cmp.Compare(*y.FinishedAt, *x.FinishedAt) })
	if over := s.clock.outage > 0 && !s.clock.has(shown); len(events) > 0 && !over {
		events[0].Status, events[0].FinishedAt = "in-progress", nil
	}
	return events
}

// archive is the chat history of one broadcast of a show. Each event is a message,
// even one without text such as a sticker. The streamer's replies are not messages.
//
// Messages are numbered in the order of their times, and the numbers go on through all
// rounds. A message is visible once the show has had its action. Messages that are not
// visible yet have numbers too, so that a page token stays valid while the show goes on.
type archive struct {
	*timeline
	id       string
	messages []message
}

// message is an event. Each request reads the other fields from the event's frame.
type message struct {
	action  int // its number in the timeline, in the first round
	time    time.Time
	channel string
}

// newArchives makes the archive of each broadcast of a show, in the order of their
// first messages. start is when the show starts, for a show without timestamps.
func newArchives(t *timeline, start time.Time) (all []*archive) {
	if !t.origin.IsZero() {
		start = t.origin
	}
	var parser decode.Parser
	var action decode.Action
	d := decode.New()
	byID := map[string]*archive{}
	channels := map[string]string{} // shares the memory of equal names
	for n, a := range t.actions {
		if a.Relinked {
			d.Relink()
		}
		if parser.Parse(&action, a.Frame) != nil {
			continue
		}
		d.Apply(&action, start.Add(a.At))
		r := d.Record()
		id, channel := string(r.Bytes(record.BroadcastID)), string(r.Bytes(record.Channel))
		if string(action.Name()) != "event" || id == "" {
			continue
		}
		if byID[id] == nil {
			byID[id] = &archive{timeline: t, id: id}
			all = append(all, byID[id])
		}
		if _, known := channels[channel]; !known {
			channels[channel] = channel
		}
		byID[id].messages = append(byID[id].messages, message{n, r.At, channels[channel]})
	}
	for _, archive := range all {
		slices.SortStableFunc(archive.messages, func(x, y message) int { return x.time.Compare(y.time) })
	}
	return all
}

// action returns the number of the action of message n.
func (a *archive) action(n int) int {
	return n/len(a.messages)*len(a.actions) + a.messages[n%len(a.messages)].action
}

// time returns the time of message n.
func (a *archive) time(n int) time.Time {
	return a.messages[n%len(a.messages)].time.Add(a.roundStart(a.action(n)))
}

// end returns a number after those of all visible messages. shown is the number of
// actions that the show has had.
func (a *archive) end(shown int) int {
	return (shown + len(a.actions) - 1) / len(a.actions) * len(a.messages)
}

// after yields the numbers of the visible messages from n on.
func (a *archive) after(n, shown int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for end := a.end(shown); n < end; n++ {
			if a.action(n) < shown && !yield(n) {
				return
			}
		}
	}
}

// before yields the numbers of the visible messages before n, the nearest first.
func (a *archive) before(n, shown int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for n--; n >= 0; n-- {
			if a.action(n) < shown && !yield(n) {
				return
			}
		}
	}
}

// seek returns the number of the first message at or after a time; at most end(shown).
func (a *archive) seek(at time.Time, shown int) int {
	rounds, end := 0, a.end(shown)
	if last := a.messages[len(a.messages)-1].time; a.round > 0 && at.After(last) {
		earlier := (at.Sub(last)-1)/a.round + 1 // rounds whose messages are all earlier
		rounds = int(min(earlier, time.Duration(end/len(a.messages))))
		at = at.Add(-time.Duration(rounds) * a.round)
	}
	n, _ := slices.BinarySearchFunc(a.messages, at, func(m message, at time.Time) int { return m.time.Compare(at) })
	return min(rounds*len(a.messages)+n, end)
}

// firstN returns the first n numbers.
func firstN(numbers iter.Seq[int], n int) (list []int) {
	for number := range numbers {
		if list = append(list, number); len(list) == n {
			break
		}
	}
	return list
}
