package decode

import (
	"bytes"

	"github.com/restail/restail/decode/record"
)

// dlive writes a message or an emoji of DLive's chat.
func dlive(r *row) {
	r.person()
	r.message()
	r.put(record.AuthorName, keyUsername)
	r.putList(record.Badges, keyBadges, inArray)
	r.dliveRoles()
}

func (r *row) dliveRoles() {
	r.put(record.Role, keyRole)
	r.put(record.RoomRole, keyRoomRole)
	r.put(record.PartnerStatus, keyPartnerStatus)
	r.put(record.IsSubscriber, keySubscribing)
	if role := r.Bytes(record.RoomRole); role != nil {
		r.SetBool(record.IsOwner, bytes.EqualFold(role, []byte("owner")))
		r.SetBool(record.IsModerator, bytes.EqualFold(role, []byte("moderator")))
	}
}
