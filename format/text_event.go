package format

import "github.com/restail/restail/decode/record"

// event writes a message, a donation, a subscription or the like.
func (t *Text) event(l *line, r *record.Record) {
	typ := eventTypeOf(r)
	m := eventMark(r, typ)
	t.head(l, r, m)
	start := len(l.out)
	author(l, r)
	l.paint(m.style)
	remarks(l, r, typ)
	l.reset()
	message(l, r, len(l.out) > start)
	if typ.unknown {
		l.rest(r, eventFields)
	}
}

// eventType says how an event of one type is written.
type eventType struct {
	name    string
	mark    mark
	unknown bool // show all fields of the record
	// remark writes the type as a remark behind the name; nil for none.
	remark func(*line, *record.Record)
}

// eventTypes are the event types, the most frequent first.
var eventTypes = [...]eventType{
	{name: "text", mark: noMark},
	{name: "emoji", mark: noMark, remark: func(l *line, _ *record.Record) { l.remark("emoji") }},
	{name: "sticker", mark: noMark, remark: func(l *line, _ *record.Record) { l.remark("sticker") }},
	{name: "super_chat", mark: moneyMark, remark: func(l *line, r *record.Record) { money(l, r, "super chat") }},
	{name: "super_sticker", mark: moneyMark, remark: superSticker},
	{name: "subscription", mark: memberMark, remark: subscription},
	{name: "member_milestone", mark: memberMark, remark: milestone},
	{name: "membership", mark: memberMark, remark: membership},
	{name: "membership_gift", mark: memberMark, remark: membershipGift},
}

// unknownType is any other type.
var unknownType = eventType{mark: unknownMark, unknown: true, remark: writeUnknownType}

func eventTypeOf(r *record.Record) *eventType {
	if !r.Has(record.Type) { // an object of a filter
		return &eventTypes[0]
	}
	name := r.Bytes(record.Type)
	for i := range eventTypes {
		if string(name) == eventTypes[i].name {
			return &eventTypes[i]
		}
	}
	return &unknownType
}

// eventMark returns the most important of the marks that apply.
func eventMark(r *record.Record, t *eventType) mark {
	switch {
	case r.Bool(record.IsWhisper):
		return whisperMark
	case r.Has(record.Amount):
		return moneyMark
	case t.mark != noMark:
		return t.mark
	case r.Bool(record.IsFirst):
		return firstMark
	case r.Has(record.ReplyTo):
		return replyMark
	case r.Bool(record.IsAction):
		return actionMark
	}
	return noMark
}

// author writes the author's name, or "(no name)" when the platform withheld it. It
// writes nothing for a record without an author field, such as an object of a filter.
func author(l *line, r *record.Record) {
	name := trimBlanks(r.Bytes(record.Author))
	if len(name) == 0 {
		name = trimBlanks(r.Bytes(record.AuthorName))
	}
	switch {
	case len(name) > 0:
		l.paint(bold)
		if l.color {
			l.paintColor(authorColor(r))
		}
		l.show(name)
	case r.Has(record.Author):
		l.paint(dim)
		l.say("(no name)")
	}
	l.reset()
}

// remarks writes the kind of message, in brackets.
func remarks(l *line, r *record.Record, t *eventType) {
	if r.Bool(record.IsWhisper) {
		l.remark("private whisper")
	}
	if r.Bool(record.IsFirst) {
		l.remark("first message")
	}
	if t.remark != nil {
		t.remark(l, r)
	}
	if r.Has(record.Amount) && t.mark != moneyMark {
		money(l, r, "gave")
	}
	if r.Has(record.ReplyTo) {
		l.remark("reply to ")
		l.show(r.Bytes(record.ReplyTo))
	}
	l.close()
}

// money writes a donation as a remark that begins with what.
func money(l *line, r *record.Record, what string) {
	l.remark(what)
	for _, f := range [...]record.Field{record.Amount, record.Currency} {
		if r.Has(f) {
			l.say(" ")
			l.show(r.Bytes(f))
		}
	}
	if r.Has(record.Tier) {
		l.remark("tier ")
		l.show(r.Bytes(record.Tier))
	}
}

func superSticker(l *line, r *record.Record) {
	money(l, r, "super sticker")
	if len(r.Bytes(record.Text)) == 0 && r.Has(record.StickerID) {
		l.remark("sticker ")
		l.show(r.Bytes(record.StickerID))
	}
}

func subscription(l *line, r *record.Record) {
	if !r.Bool(record.IsGift) {
		l.remark("subscribed")
		months(l, r, ", ")
		return
	}
	l.remark("gifted ")
	gifts(l, r, "subscription")
	if names := r.List(record.GiftedTo); len(names) > 0 {
		l.say(" to ")
		l.list(names)
	}
	months(l, r, ", ")
}

func milestone(l *line, r *record.Record) {
	l.remark("member")
	months(l, r, " for ")
	level(l, r)
}

func membership(l *line, r *record.Record) {
	if r.Bool(record.IsGift) {
		l.remark("new member by a gift")
	} else {
		l.remark("new member")
	}
	level(l, r)
}

func membershipGift(l *line, r *record.Record) {
	l.remark("gifted ")
	gifts(l, r, "membership")
	level(l, r)
}

// gifts writes the number of gifts.
func gifts(l *line, r *record.Record, what string) {
	count := r.Bytes(record.GiftCount)
	if len(count) > 0 {
		l.show(count)
		l.say(" ")
	}
	l.say(what)
	if string(count) != "1" {
		l.say("s")
	}
}

func months(l *line, r *record.Record, before string) {
	count := r.Bytes(record.Months)
	if len(count) == 0 {
		return
	}
	l.say(before)
	l.show(count)
	if l.say(" month"); string(count) != "1" {
		l.say("s")
	}
}

func level(l *line, r *record.Record) {
	if r.Has(record.Level) {
		l.remark("level ")
		l.show(r.Bytes(record.Level))
	}
}

func writeUnknownType(l *line, r *record.Record) {
	name := r.Bytes(record.Type)
	if string(name) == "unknown" {
		name = nil
	}
	l.remark("event")
	if l.say(" "); len(name) > 0 {
		l.show(name)
		return
	}
	l.say("of unknown type")
	if r.Has(record.TypeID) {
		l.say(" ")
		l.show(r.Bytes(record.TypeID))
	}
}

// message writes the text and the address of the image. named says that a name is
// written before them.
func message(l *line, r *record.Record, named bool) {
	text, image := trimBlanks(r.Bytes(record.Text)), trimBlanks(r.Bytes(record.Image))
	me := r.Bool(record.IsAction)
	if named && !me && len(text)+len(image) > 0 {
		l.say(":")
	}
	if len(text) > 0 {
		if named {
			l.say(" ")
		}
		l.beginMessage()
		if me && l.color {
			l.paintColor(authorColor(r))
		}
		l.show(text)
		l.reset()
	}
	if len(image) > 0 {
		l.say(" ")
		l.beginMessage()
		l.paint(dim)
		l.show(image)
		l.reset()
	}
}

// eventFields are the fields that the line of an unknown type has shown already
// or that only programs need.
var eventFields = fieldSet(record.Time, record.Action, record.Platform, record.SourceID,
	record.Connection, record.Channel, record.UserID, record.Type, record.TypeID,
	record.EventID, record.BroadcastID, record.ShowID, record.MessageID, record.Author,
	record.AuthorName, record.AuthorID, record.AuthorAvatar, record.AuthorColor,
	record.IsOwner, record.IsModerator, record.IsSubscriber, record.IsVerified, record.IsBot,
	record.Text, record.Emotes, record.EmoteURLs, record.Image, record.Amount,
	record.Currency, record.Tier, record.ReplyTo, record.ReplyToID, record.ThreadID,
	record.IsFirst, record.IsAction, record.IsWhisper)
