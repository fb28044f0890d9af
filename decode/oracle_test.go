package decode

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/restail/restail/decode/record"
)

// The oracle is a second, independent decoder of one frame without a connection
// map: encoding/json reads the frame, and the record follows the record's page as
// plainly as possible.

// oracle returns the record as marshal writes it, false for a broken frame.
func oracle(frame []byte) (string, bool) {
	frame = bytes.TrimPrefix(frame, []byte("\xef\xbb\xbf"))
	d := json.NewDecoder(bytes.NewReader(frame))
	d.UseNumber()
	var root object
	if !json.Valid(frame) || bytes.TrimSpace(frame)[0] != '{' || d.Decode(&root) != nil {
		return "", false
	}
	action, _ := root["action"].(string)
	if action == "" {
		return "", false
	}
	o := &oracleRecord{fields: map[string]any{}}
	o.fields["time"] = oracleTime(root["timestamp"])
	o.fields["action"] = action
	if action == "link" {
		o.fields["action"] = "wire_link"
	}
	o.payload(action, root.object("payload"))
	return o.marshal(), true
}

type object map[string]any

func (o object) object(key string) object {
	inner, _ := o[key].(map[string]any)
	return inner
}

func (o object) list(key string) []any {
	list, _ := o[key].([]any)
	return list
}

type oracleRecord struct{ fields map[string]any }

func (o *oracleRecord) marshal() string {
	var members []string
	for _, f := range record.Fields {
		if v, ok := o.fields[f.Name]; ok {
			members = append(members, fmt.Sprintf("%q:%s", f.Name, oracleJSON(v)))
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

func oracleJSON(v any) string {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// text, id, number and flag set a field to the first usable value.
func (o *oracleRecord) text(name string, values ...any) {
	for _, v := range values {
		if s, ok := v.(string); ok && s != "" {
			o.fields[name] = s
			return
		}
	}
}

func (o *oracleRecord) id(name string, values ...any) {
	for _, v := range values {
		if s := oracleID(v); s != "" {
			o.fields[name] = s
			return
		}
	}
}

func oracleID(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return oracleInteger(v)
	}
	return ""
}

// oracleInteger returns the digits of a number whose value is an integer.
func oracleInteger(n json.Number) string {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(string(n)), "e")
	switch {
	case !strings.ContainsAny(mantissa, "123456789"):
		return "0"
	case !strings.ContainsAny(string(n), ".eE"):
		return string(n)
	case len(strings.TrimLeft(exponent, "+-0")) > 3: // dangerous to compute
		return ""
	}
	rat, ok := new(big.Rat).SetString(string(n))
	if !ok || !rat.IsInt() || len(new(big.Int).Abs(rat.Num()).String()) > 64 {
		return ""
	}
	return rat.Num().String()
}

// catalogue returns a number of one of the service's catalogues.
func catalogue(v any) string {
	n, isNumber := v.(json.Number)
	if !isNumber {
		return ""
	}
	return oracleInteger(n)
}

func (o *oracleRecord) number(name string, values ...any) {
	for _, v := range values {
		if n, ok := v.(json.Number); ok {
			o.fields[name] = n
			return
		}
	}
}

func (o *oracleRecord) flag(name string, v any) {
	if b, ok := v.(bool); ok {
		o.fields[name] = b
	}
}

// texts sets a field to the strings in a list, if strings is set, and to the
// members of that name of the objects in it.
func (o *oracleRecord) texts(name string, list []any, strings bool, member string) {
	var texts []string
	for _, v := range list {
		if inner, ok := v.(map[string]any); ok && member != "" {
			v = inner[member]
		} else if !strings {
			continue
		}
		if s, ok := v.(string); ok && s != "" {
			texts = append(texts, s)
		}
	}
	if texts != nil {
		o.fields[name] = texts
	}
}

func oracleTime(v any) string {
	s := receipt.Truncate(time.Second)
	n, isNumber := v.(json.Number)
	rat, ok := new(big.Rat), isNumber
	if ok {
		_, exponent, _ := strings.Cut(strings.ToLower(string(n)), "e")
		if len(strings.TrimLeft(exponent, "+-0")) > 3 { // as large as any stamp could want, and not dangerous
			ok = false
		} else {
			rat, ok = rat.SetString(string(n))
		}
	}
	if ok {
		whole := new(big.Int).Quo(rat.Num(), rat.Denom())
		if len(whole.String()) != 13 {
			rat.Mul(rat, big.NewRat(1000, 1))
		}
		ms := new(big.Int).Quo(rat.Num(), rat.Denom())
		if rat.Sign() > 0 && ms.IsInt64() {
			if t := time.UnixMilli(ms.Int64()); t.UTC().Year() >= 2000 && t.UTC().Year() <= 9999 {
				s = t
			}
		}
	}
	if s.UnixMilli()%1000 == 0 {
		return s.UTC().Format("2006-01-02T15:04:05Z")
	}
	return s.UTC().Format("2006-01-02T15:04:05.000Z")
}

func (o *oracleRecord) payload(action string, p object) {
	o.number("source_id", p["eventSourceId"])
	o.id("connection", p["connectionIdentifier"])
	o.number("user_id", p["userId"])
	identifier, _ := o.fields["connection"].(string)
	switch action {
	case "event":
		o.id("event_id", p["eventIdentifier"])
		o.id("broadcast_id", p["eventId"])
		o.id("show_id", p["showId"])
		o.platform(p, identifier, "unknown")
		o.event(p)
	case "connection_info":
		o.text("status", p["status"])
		o.id("connection_uuid", p["connectionUuid"])
		o.reason(p, errorReasons)
		o.target(p.object("target"))
		o.platform(p, identifier, "unknown")
	case "connection_closed":
		o.fields["status"] = "closed"
		o.id("connection_uuid", p["connectionUuid"])
		o.reason(p, closeReasons)
		o.platform(p, identifier, "")
	case "reply_created":
		o.replyCreated(p)
	default:
		o.platform(p, identifier, "")
	}
	if strings.HasPrefix(action, "reply_") && slices.ContainsFunc(record.Actions, func(n record.Name) bool { return n.Name == action }) {
		o.id("reply_id", p["replyUuid"])
	}
	if strings.HasPrefix(action, "relay_") && slices.ContainsFunc(record.Actions, func(n record.Name) bool { return n.Name == action }) {
		o.id("source_event_id", p["sourceEventIdentifier"])
	}
	if action == "reply_failed" || action == "relay_failed" {
		o.reason(p, failureReasons)
	}
}

func (o *oracleRecord) replyCreated(p object) {
	o.id("client_reply_id", p["clientReplyUuid"])
	o.text("text", p["text"])
	o.id("broadcast_id", p["eventId"])
	o.id("show_id", p["showId"])
	var identifiers []string
	for _, v := range p.list("connectionIdentifiers") {
		if id := oracleID(v); id != "" {
			identifiers = append(identifiers, id)
		}
	}
	identifier := ""
	if identifiers != nil {
		o.fields["connections"] = identifiers
	}
	if len(identifiers) == 0 {
		identifier, _ = o.fields["connection"].(string)
	} else if len(slices.Compact(slices.Clone(identifiers))) == 1 {
		identifier = identifiers[0]
	}
	o.platform(p, identifier, "")
}

func (o *oracleRecord) platform(p object, identifier, otherwise string) {
	slug := map[string]string{"1": "restream", "2": "twitch", "13": "youtube", "19": "facebook", "20": "facebook", "21": "facebook", "24": "dlive", "25": "discord",
		"26": "linkedin", "27": "trovo", "28": "x", "29": "kick", "33": "rumble"}[catalogue(p["eventSourceId"])]
	if parts := strings.Split(identifier, "-"); slug == "" && len(parts) > 1 {
		if slug = parts[1]; slug == "twitter" {
			slug = "x"
		}
	}
	o.text("platform", slug, otherwise)
}

func (o *oracleRecord) reason(p object, texts reasons) {
	o.text("reason", p["reason"])
	if code, ok := o.fields["reason"].(string); ok {
		o.text("reason_text", texts[code])
	}
}

func (o *oracleRecord) target(t object) {
	for _, key := range []string{"channel", "page", "organization", "user", "owner"} {
		a := t.object(key)
		before := len(o.fields)
		o.text("channel", a["displayName"], a["name"])
		o.id("channel_id", a["id"])
		o.text("channel_url", a["url"])
		if s, _ := a["displayName"].(string); s != "" {
			o.text("channel_name", a["name"], a["username"])
		} else {
			o.text("channel_name", a["username"])
		}
		if len(o.fields) > before {
			break
		}
	}
	for _, key := range []string{"event", "liveVideo", "post"} {
		b := t.object(key)
		before := len(o.fields)
		o.id("broadcast_id", b["id"])
		o.text("broadcast_title", b["title"])
		o.text("broadcast_url", b["url"])
		if len(o.fields) > before {
			break
		}
	}
	o.text("server", t.object("server")["name"])
	o.id("server_id", t.object("server")["id"])
	o.id("website_channel_id", t["websiteChannelId"])
}
