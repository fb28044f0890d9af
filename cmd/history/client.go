// Package history reads the chat of a broadcast from Restream's chat history, and
// fills the gaps of a live chat with it.
//
// A [Client] requests messages and broadcasts from the API. A [Backfill] is told what
// was received from the socket and which gaps there were. It requests the messages of
// each gap from a Client, and passes those that were missed to a function. It keeps
// only the last messages, as copies. Only its Run method waits for the API.
package history

import (
	"bytes"
	"context"
	"encoding/json"
	"hash/maphash"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// pageSize is how many messages a request asks for: the API's limit.
	pageSize = 1000
	// eventsPath is the path of the broadcasts. The path of a broadcast's chat begins
	// with it.
	eventsPath = "/v2/user/events/"
	// findBroadcast is the beginning of errors about a broadcast.
	findBroadcast = "cannot find the broadcast"
)

// Options say where the API is and how to use it.
type Options struct {
	// APIURL is the URL of the API, without a path. It must be safe to send tokens to.
	APIURL string
	// HTTP is the client for the API. Its CheckRedirect is ignored: redirects are
	// never followed.
	HTTP *http.Client
	// Token returns an access token. refused is the token that the API has just
	// refused, or "". An error with a method Temporary() bool that returns true is
	// retried, after RetryAfter() time.Duration if it has that method. The error's
	// text is shown, so it must not contain a secret.
	Token func(ctx context.Context, refused string) (string, error)
	// UserAgent is sent with each request.
	UserAgent string
	// Redact removes secrets from what the API says.
	Redact func(said string) string
	// Retries is how often a request is retried; a negative number means without limit.
	Retries int
	// MaxBackoff is the longest pause between two retries, unless the API asks for
	// a longer one.
	MaxBackoff time.Duration
	// Retrying, if not nil, is called before the wait for each retry, with the reason and
	// the wait.
	Retrying func(why string, wait time.Duration)
}

// A Client makes requests to the API. Its errors are those of the context, or an
// [*Error].
type Client struct {
	o    Options
	base string // without a slash at the end
	http *http.Client
	up   atomic.Bool // see IsUp
}

// IsUp reports whether the last request succeeded, or failed in a way that no retry can
// mend, such as a refusal. Any goroutine may call it.
func (c *Client) IsUp() bool { return c.up.Load() }

// New makes a Client. It sends nothing yet.
func New(o Options) *Client {
	client := *o.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{o: o, base: strings.TrimRight(o.APIURL, "/"), http: &client}
}

// Messages iterates over the chat of a broadcast, whose id must be a UUID. Messages come
// as the API serves them, mostly in the order of time. They begin at the second of from,
// or with the first message when from is zero. An error is the last item. Memory holds
// one answer at a time.
func (c *Client) Messages(ctx context.Context, broadcast string, from time.Time) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		r := request{
			path: eventsPath + broadcast + "/chat/history", query: url.Values{"pageSize": {strconv.Itoa(pageSize)}},
			scope: "chat.read", what: "cannot read the chat history of " + broadcast,
		}
		if !from.IsZero() {
			r.query.Set("timestamp", strconv.FormatInt(max(0, from.Unix()), 10))
		}
		seed := maphash.MakeSeed()
		pages := map[uint64]bool{} // the hashes of the page tokens so far
		var before []mark          // of the last messages, pageSize at most
		for {
			list, next, err := c.page(ctx, r)
			if err != nil {
				yield(Message{}, err)
				return
			}
			var repeated int
			if len(before) > 0 {
				repeated = overlap(before, firstMarks(list, seed))
			}
			n := 0
			for raw, more := range elements(list) {
				n++
				// The whole page is delivered if it has the size that was asked for.
				ended := n%pageSize == 0 && ctx.Err() != nil
				if n > repeated {
					m := newMessage(raw, more && !ended)
					before = append(before, m.mark(seed))
					before = before[max(0, len(before)-pageSize):]
					if !yield(m, nil) {
						return
					}
				}
				if ended {
					yield(Message{}, ctx.Err())
					return
				}
			}
			page := maphash.String(seed, next)
			switch {
			case next == "":
				return
			case pages[page]:
				yield(Message{}, r.failed(ReasonProtocol, "the API served a page token for the second time"))
				return
			}
			pages[page] = true
			r.query = url.Values{"pageSize": {strconv.Itoa(pageSize)}, "pageToken": {next}}
		}
	}
}

// page requests a page of messages. list is a JSON array, or null. next is the token of
// the next page, "" for none.
func (c *Client) page(ctx context.Context, r request) (list []byte, next string, err error) {
	body, err := c.get(ctx, r)
	if err != nil {
		return nil, "", err
	}
	list = member(body, "messages")
	if !isList(list) {
		return nil, "", r.failed(ReasonProtocol, "the API's answer has no list of messages")
	}
	if token := member(body, "nextPageToken"); token != nil && json.Unmarshal(token, &next) != nil {
		return nil, "", r.failed(ReasonProtocol, "the API's page token is not a string")
	}
	return list, next, nil
}

// InProgress returns the broadcast that is in progress, the one that began last
// when there are several. ok is false when there is none. It needs the scope
// stream.read.
func (c *Client) InProgress(ctx context.Context) (id string, ok bool, err error) {
	return c.latest(ctx, request{path: eventsPath + "in-progress"}, "startedAt")
}

// LastEnded returns the broadcast that ended last. ok is false when there is none.
// It needs the scope stream.read.
func (c *Client) LastEnded(ctx context.Context) (id string, ok bool, err error) {
	return c.latest(ctx, request{path: eventsPath + "history", query: url.Values{"page": {"1"}, "limit": {"10"}}}, "finishedAt")
}

// latest returns the broadcast with the latest time; stamp is the name of the JSON
// member that holds it. Of broadcasts with the same time it returns the first, since the
// API lists the newest first.
func (c *Client) latest(ctx context.Context, r request, stamp string) (id string, ok bool, err error) {
	r.scope, r.what = "stream.read", findBroadcast
	body, err := c.get(ctx, r)
	if err != nil {
		return "", false, err
	}
	if items := member(body, "items"); items != nil {
		body = items
	}
	latest, isValid := 0.0, isList(bytes.TrimSpace(body))
	for event := range elements(body) {
		var found string
		var at float64
		json.Unmarshal(member(event, "id"), &found) // a value of another type stays empty
		json.Unmarshal(member(event, stamp), &at)
		if IsUUID(found) && (!ok || at > latest) {
			id, ok, latest = found, true, at
		}
		isValid = isValid && (event[0] == '{' || string(event) == "null")
	}
	if !isValid {
		return "", false, r.failed(ReasonProtocol, "the API's answer has no list of broadcasts")
	}
	return id, ok, nil
}

// IsUUID reports whether the id of a broadcast is a UUID. The history knows no other;
// chat events can have another one such as rtmp/instant.
func IsUUID(id string) bool {
	if len(id) != len("00000000-0000-0000-0000-000000000000") {
		return false
	}
	for i, c := range []byte(id) {
		isHex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
		wantHyphen := i == 8 || i == 13 || i == 18 || i == 23
		if wantHyphen != (c == '-') || !wantHyphen && !isHex {
			return false
		}
	}
	return true
}
