package appweb

import (
	"context"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/web"
)

// home is the page of scenarios, and how each of them works with the portal's own address.
type home struct {
	Bot     string // a whole program that answers
	Serve   string // starts it
	Add     string // adds it from a shell
	Webhook string // a call; what stands for the secret is plain to see
	Trust   string // the same call where the certificate is the portal's own
}

// bot is the program of the first step. PORTAL stands for the address of the REST API.
const bot = `<?php // bot.php
function call(string $method, array $params): array
{
    $params['auth'] = $_REQUEST['auth']['access_token'];
    $curl = curl_init('PORTAL' . $method);
    curl_setopt($curl, CURLOPT_POSTFIELDS, http_build_query($params));
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
    return json_decode(curl_exec($curl), true);
}

function say(string $text): void
{
    $dialog = $_REQUEST['data']['PARAMS']['DIALOG_ID'];
    call('imbot.message.add', ['DIALOG_ID' => $dialog, 'MESSAGE' => $text]);
}

switch ($_REQUEST['event']) {
case 'ONAPPINSTALL':
    $self = 'http://' . $_SERVER['HTTP_HOST'] . $_SERVER['SCRIPT_NAME'];
    call('imbot.register', [
        'CODE' => 'echo', 'PROPERTIES' => ['NAME' => 'EchoBot'], 'EVENT_MESSAGE_ADD' => $self,
        'EVENT_WELCOME_MESSAGE' => $self, 'EVENT_BOT_DELETE' => $self,
    ]);
    break;
case 'ONIMBOTJOINCHAT':
    say('Hello! Write something.');
    break;
case 'ONIMBOTMESSAGEADD':
    say('You wrote: ' . $_REQUEST['data']['PARAMS']['MESSAGE']);
}`

const (
	serveBot = "php -d curl.cainfo=portico-data/ca.pem -S 127.0.0.1:9100"
	addBot   = `portico app add --name EchoBot --scope im,imbot --api-only \
  --handler http://127.0.0.1:9100/bot.php --install http://127.0.0.1:9100/bot.php`
)

func (h pages) home(_ context.Context, r *web.Request) (web.Page, error) {
	rest := h.apps.Endpoints().ClientEndpoint
	hook := rest + strconv.FormatInt(r.Viewer.ID, 10) + "/SECRET/profile.json"
	p := devops.Page("Developer resources", "home", home{
		Bot: strings.Replace(bot, "PORTAL", rest, 1), Serve: serveBot, Add: addBot,
		Webhook: "curl " + hook, Trust: "curl --cacert portico-data/ca.pem " + hook,
	})
	p.Tabs = tabs(homeURL)
	return p, nil
}
