/**
 * CEL: true unless this is the mirror pod that a kubelet makes for a static pod on its own node. The annotation
 * alone proves nothing (anybody can write it): user and group must be those of the node's kubelet.
 * Refusing a mirror pod would not stop the static pod, it would only hide it.
 */
export const notMirrorPod = [
  "!(request.resource.resource == 'pods' && request.?subResource.orValue('') == ''",
  "&& 'kubernetes.io/config.mirror' in object.metadata.?annotations.orValue({})",
  "&& request.userInfo.username == 'system:node:' + object.spec.?nodeName.orValue('')",
  "&& 'system:nodes' in request.userInfo.groups)",
].join(" ");
