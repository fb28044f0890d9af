package serve

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
)

// EventsPath is where the chat history and the broadcasts are, as on the service's
// API host. An event of that API is a broadcast.
const EventsPath = "/v2/user/events/"

// newAPI serves [EventsPath] to clients that bring an access token in
// their Authorization header.
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
				"the access token is missing or not accepted: bring it as Authorization: Bearer TOKEN")
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// chatMessage is a message as the API has it.
type chatMessage struct {
	Timestamp   string  `json:"timestamp"`
	Platform    *string `json:"platform"`
	ChannelName *string `json:"channelName"`
	Author      string  `json:"author"`
	Text        *string `json:"text"`
	Meta        any     `json:"meta"`
}

// chatHistory answers a page of the messages of a broadcast.
func (s *Server) chatHistory(w http.ResponseWriter, r *http.Request) {
	all := s.archives()
	i := slices.IndexFunc(all, func(a *archive) bool { return a.id == r.PathValue("eventId") })
	if i < 0 {
		refuse(w, http.StatusNotFound, "not_found", "no event has this id")
		return
	}
	a, seen := all[i], s.clock.seen(time.Now())
	page, err := a.page(r.URL.Query(), seen)
	if err != nil {
		refuse(w, http.StatusBadRequest, "invalid_request", err.Error())
		return
	}
	body := struct {
		Messages []chatMessage `json:"messages"`
		Next     *string       `json:"nextPageToken"`
		Previous *string       `json:"previousPageToken"`
	}{Messages: a.read(page.numbers)}
	if len(limited(a.after(page.to, seen), 1)) > 0 {
		body.Next = nullable(forwards + strconv.Itoa(page.to))
	}
	if len(limited(a.before(page.from, seen), 1)) > 0 {
		body.Previous = nullable(backwards + strconv.Itoa(page.from))
	}
	answer(w, http.StatusOK, body)
}

// A page token is a direction and the number of a message: the page begins with
// it, or ends before it.
const (
	forwards  = "f"
	backwards = "b"
)

// page is the part of a history from one message to before another.
type page struct {
	from, to int
	numbers  []int // of the visible messages
}

// page returns the page for which a query asks.
func (a *archive) page(query url.Values, seen int) (p page, err error) {
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
		p.from = min(a.seek(time.Unix(second, 0)), a.end(seen))
	case query.Get("timestamp") != "":
		return p, errors.New("send pageToken or timestamp, not both")
	default:
		p.from, err = strconv.Atoi(token[1:])
		if err != nil || p.from < 0 || p.from > a.end(seen) || !strings.Contains(forwards+backwards, token[:1]) {
			return p, errors.New("invalid pageToken: send one from an earlier answer")
		}
	}
	if p.to = p.from; strings.HasPrefix(token, backwards) {
		p.numbers = limited(a.before(p.to, seen), int(size))
		slices.Reverse(p.numbers)
	} else {
		p.numbers = limited(a.after(p.from, seen), int(size))
	}
	if len(p.numbers) > 0 {
		p.from = min(p.from, p.numbers[0])
		p.to = max(p.to, p.numbers[len(p.numbers)-1]+1)
	}
	return p, nil
}

// number returns a number of a query, which must be from least to most.
func number(query url.Values, name string, missing, least, most int64) (int64, error) {
	text := query.Get(name)
	if text == "" {
		return missing, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("invalid %s: want a number from %d to %d", name, least, most)
	}
	return n, nil
}

// read returns messages as the API has them.
func (a *archive) read(numbers []int) []chatMessage {
	var parser decode.Parser
	var action decode.Action
	d := decode.New()
	messages := make([]chatMessage, len(numbers))
	for i, n := range numbers {
		if parser.Parse(&action, a.frame(a.action(n))) != nil {
			continue // it never fails: newArchives has parsed it
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

// event is a broadcast as the API lists it.
type event struct {
	ID           string     `json:"id"`
	Status       string     `json:"status"`
	Title        string     `json:"title"`
	StartedAt    int64      `json:"startedAt"`
	FinishedAt   *int64     `json:"finishedAt"`
	Destinations []struct{} `json:"destinations"`
}

// inProgress answers the broadcast in progress.
func (s *Server) inProgress(w http.ResponseWriter, _ *http.Request) {
	events := s.events()
	answer(w, http.StatusOK, slices.DeleteFunc(events, func(e event) bool { return e.FinishedAt != nil }))
}

// ended answers a page of the broadcasts that have ended, the newest first.
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
	answer(w, http.StatusOK, map[string]any{
		"items":      events[min((page-1)*limit, count):min(page*limit, count)],
		"pagination": map[string]int64{"page": page, "limit": limit, "pages_total": (count + limit - 1) / limit},
	})
}

// events returns the broadcasts that have begun, the newest first. The newest is
// in progress until the show is over, which it never is without an outage: every
// client gets a show of its own then.
func (s *Server) events() []event {
	seen := s.clock.seen(time.Now())
	events := []event{}
	for _, a := range slices.Backward(s.archives()) {
		first, last := limited(a.after(0, seen), 1), limited(a.before(a.end(seen), seen), 1)
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
	if over := s.clock.outage > 0 && !s.clock.has(seen); len(events) > 0 && !over {
		events[0].Status, events[0].FinishedAt = "in-progress", nil
	}
	return events
}
