package phpform_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/phpform"
)

// A message of a bot with a keyboard, as apps send it, and the event that a bot gets for a message.
const (
	messageJSON = `{"BOT_ID":17,"CLIENT_ID":"k3v0p8","DIALOG_ID":"chat42","MESSAGE":"Deal #1024 \u2014 \u0433\u043e\u0442\u043e\u0432\u043e.` +
		` [B]Total[\/B]: 12 500,00","ATTACH":[{"MESSAGE":"Customer"},{"LINK":{"NAME":"Deal","LINK":"https:\/\/portal.test\/crm\/deal\/details\/1024\/"}},` +
		`{"DELIMITER":{"SIZE":200,"COLOR":"#c6c6c6"}}],"KEYBOARD":[{"TEXT":"Accept","COMMAND":"accept","COMMAND_PARAMS":"1024","BG_COLOR":"#29619b",` +
		`"DISPLAY":"LINE"},{"TEXT":"Decline","COMMAND":"decline","COMMAND_PARAMS":"1024","DISPLAY":"LINE"}],"auth":"9f2c0a7e51b84c6d"}`
	eventJSON = `{"event":"ONIMBOTMESSAGEADD","event_handler_id":"12","data":{"BOT":{"17":{"BOT_ID":17,"BOT_CODE":"helper","access_token":"9f2c0a7e51b84c6d",` +
		`"domain":"portal.test","member_id":"a223c6b3710f85df22e9377d6c4f7553"}},"PARAMS":{"MESSAGE":"сколько стоит доставка?","DIALOG_ID":"1",` +
		`"CHAT_TYPE":"P","MESSAGE_ID":"90211","FROM_USER_ID":"1","TO_USER_ID":"17","LANGUAGE":"ru","TEMPLATE_ID":"b1c0"},"USER":{"ID":1,"NAME":"Мария",` +
		`"LAST_NAME":"Орлова","WORK_POSITION":"","GENDER":"F","IS_BOT":false}},"ts":"1766047124","auth":{"access_token":"9f2c0a7e51b84c6d",` +
		`"expires":1766050724,"expires_in":3600,"scope":"imbot,im","domain":"portal.test","status":"L","application_token":"51856fefc120afa4b628cc82d3935cce"}}`
)

func BenchmarkParse(b *testing.B) {
	for name, text := range map[string]string{"message": messageJSON, "event": eventJSON} {
		raw := []byte(text)
		form := phpform.AppendForm(nil, parseJSON(b, text))
		b.Run(name+"/json", func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := phpform.ParseJSON(raw, phpform.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/form", func(b *testing.B) {
			b.SetBytes(int64(len(form)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := phpform.ParseForm(form, phpform.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	for name, text := range map[string]string{"message": messageJSON, "event": eventJSON} {
		v := parseJSON(b, text)
		var buf []byte
		b.Run(name+"/json", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				buf = phpform.AppendJSON(buf[:0], v)
			}
		})
		b.Run(name+"/form", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				buf = phpform.AppendForm(buf[:0], v)
			}
		})
	}
}

// BenchmarkKeys shows that the time per key does not grow with their number.
func BenchmarkKeys(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		var form strings.Builder
		for i := range n {
			fmt.Fprintf(&form, "a[k%d]=v&", i)
		}
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				if _, err := phpform.ParseForm(form.String(), phpform.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/key")
		})
	}
}
