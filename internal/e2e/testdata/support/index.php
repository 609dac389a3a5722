<?php
// What stands around the tutorial's lines: restCommand, which they call, and a page that runs them with the rights that the installation
// brought and shows what they were answered.
const KEPT = __DIR__ . '/auth.json';

function restCommand($method, array $params = [], array $auth = [])
{
    $curl = curl_init($auth['client_endpoint'] . $method);
    curl_setopt($curl, CURLOPT_POSTFIELDS, http_build_query($params + ['auth' => $auth['access_token']]));
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
    return json_decode(curl_exec($curl), true) ?? ['error' => 'no answer: ' . curl_error($curl)];
}

if (($_REQUEST['event'] ?? '') == 'ONAPPINSTALL') {
    file_put_contents(KEPT, json_encode($_REQUEST['auth']));
}
$_REQUEST['auth'] ??= json_decode(file_get_contents(KEPT), true);
if (isset($_REQUEST['tell'])) {
    $result = restCommand('imopenlines.network.message.add', $_REQUEST['tell'], $_REQUEST['auth']);
} else {
    require __DIR__ . '/network_join_snippet.php';
}
echo json_encode($result);
