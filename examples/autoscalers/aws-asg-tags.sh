# cluster-autoscaler on AWS, for an Auto Scaling group at zero (a managed node group's too). The tag only tells
# cluster-autoscaler what a node of the group will bear; the operator writes the label when it has joined.
aws autoscaling create-or-update-tags --tags \
  ResourceId=tenants-eu-west-1,ResourceType=auto-scaling-group,PropagateAtLaunch=false,Key=k8s.io/cluster-autoscaler/node-template/label/node-restriction.kubernetes.io/residency-region,Value=eu-west-1
